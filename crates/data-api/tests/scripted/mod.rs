//! An endpoint that answers as a test scripts it, on a port of its own, and remembers what it was asked.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use aws_config::{BehaviorVersion, Region};
use bytes::Bytes;
use data_api::{DataApi, Database};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What the endpoint answers.
pub(crate) enum Answer {
    Json(Value),
    /// The service's exception: status, code, message.
    Failure(u16, &'static str, String),
    /// A body as it is, with status 200.
    Raw(String),
    /// A body that breaks off before it is as long as it says.
    Cut(String),
    /// The connection ends without an answer.
    Nothing,
}

/// A running endpoint.
pub(crate) struct Endpoint {
    pub(crate) api: DataApi,
    calls: Arc<Mutex<Vec<String>>>,
    most_at_once: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

impl Endpoint {
    /// Serves `answer`, which gets each call as "BeginTransaction" or as its SQL.
    pub(crate) async fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Endpoint {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let calls = Arc::new(Mutex::new(Vec::new()));
        let most_at_once = Arc::new(AtomicUsize::new(0));
        let connections = Arc::new(AtomicUsize::new(0));
        let accepted = Arc::clone(&connections);
        let state = Arc::new(State {
            answer,
            calls: Arc::clone(&calls),
            at_once: AtomicUsize::new(0),
            most_at_once: Arc::clone(&most_at_once),
        });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::SeqCst);
                let state = Arc::clone(&state);
                let service = service_fn(move |request| respond(Arc::clone(&state), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Endpoint { api: api(&url), calls, most_at_once, connections }
    }

    /// The calls so far: the SQL of ExecuteStatement, the operation's name of all others.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.calls.lock().expect("no panic").clone()
    }

    /// How many of them begin so.
    pub(crate) fn count(&self, prefix: &str) -> usize {
        self.calls().iter().filter(|call| call.starts_with(prefix)).count()
    }

    /// How many connections were made to it.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The most calls that it was working on at once.
    pub(crate) fn most_at_once(&self) -> usize {
        self.most_at_once.load(Ordering::SeqCst)
    }
}

struct State<F> {
    answer: F,
    calls: Arc<Mutex<Vec<String>>>,
    at_once: AtomicUsize,
    most_at_once: Arc<AtomicUsize>,
}

async fn respond<F: Fn(&str) -> Answer>(
    state: Arc<State<F>>,
    request: Request<Incoming>,
) -> Result<Response<Body>, std::io::Error> {
    let at_once = state.at_once.fetch_add(1, Ordering::SeqCst) + 1;
    state.most_at_once.fetch_max(at_once, Ordering::SeqCst);
    let operation = request.uri().path().trim_start_matches('/').to_owned();
    let body = request.into_body().collect().await.map_err(std::io::Error::other)?.to_bytes();
    let body: Value = serde_json::from_slice(&body).map_err(std::io::Error::other)?;
    let call = match operation.as_str() {
        "Execute" => body["sql"].as_str().unwrap_or_default().to_owned(),
        _ => operation,
    };
    state.calls.lock().expect("no panic").push(call.clone());
    let answer = (state.answer)(&call);
    state.at_once.fetch_sub(1, Ordering::SeqCst);
    let response = Response::builder();
    let (response, body, missing) = match answer {
        Answer::Json(body) => (response, body.to_string(), 0),
        Answer::Raw(body) => (response, body, 0),
        Answer::Cut(body) => (response, body, 1),
        Answer::Failure(status, code, message) => {
            let status = StatusCode::from_u16(status).map_err(std::io::Error::other)?;
            let response = response.status(status).header("x-amzn-errortype", code);
            (response, json!({ "message": message }).to_string(), 0)
        }
        Answer::Nothing => return Err(std::io::Error::other("no answer")),
    };
    let response = response.header("content-length", body.len() + missing);
    response.body(Body { bytes: Some(body.into()), is_sent: false }).map_err(std::io::Error::other)
}

/// It does not know its length, so that the header may say another. Its end comes a moment later, when the bytes are sent.
struct Body {
    bytes: Option<Bytes>,
    is_sent: bool,
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(bytes) = self.bytes.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        if self.is_sent {
            return Poll::Ready(None);
        }
        self.is_sent = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

fn api(url: &str) -> DataApi {
    use aws_sdk_rdsdata::config::{Builder, Credentials};
    let config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(url)
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    let database = Database {
        cluster_arn: "arn:aws:rds:us-east-1:000000000000:cluster:c".to_owned(),
        secret_arn: "arn:aws:secretsmanager:us-east-1:000000000000:secret:s".to_owned(),
        name: "d".to_owned(),
    };
    DataApi::new(aws_sdk_rdsdata::Client::from_conf(config.build()), database)
}

/// A table of one column, behind a cursor: what `answer` needs in the ordinary case.
pub(crate) struct Table {
    column: Value,
    values: Vec<Value>,
    position: AtomicUsize,
}

impl Table {
    /// `values` are fields, such as `{"longValue": 1}`.
    pub(crate) fn new(label: &str, type_name: &str, values: Vec<Value>) -> Table {
        let column = json!({ "label": label, "name": label, "typeName": type_name });
        Table { column, values, position: AtomicUsize::new(0) }
    }

    /// A column `n` of the integers from 0.
    pub(crate) fn integers(rows: usize) -> Table {
        Table::new("n", "int4", (0..rows).map(|n| json!({ "longValue": n })).collect())
    }

    /// Answers a call as a database that is well.
    pub(crate) fn answer(&self, call: &str) -> Answer {
        if let Some(rows) = rows_of_fetch(call) {
            let from = self.position.fetch_add(rows, Ordering::SeqCst).min(self.values.len());
            let to = (from + rows).min(self.values.len());
            let records: Vec<Value> =
                self.values[from..to].iter().map(|value| json!([value])).collect();
            return Answer::Json(json!({ "records": records, "columnMetadata": [self.column] }));
        }
        Answer::Json(match call {
            "BeginTransaction" => {
                self.position.store(0, Ordering::SeqCst);
                json!({ "transactionId": "t" })
            }
            "RollbackTransaction" => json!({ "transactionStatus": "Rollback Complete" }),
            _ => json!({ "numberOfRecordsUpdated": 0, "generatedFields": [] }),
        })
    }
}

/// The rows that a `FETCH` asks for.
pub(crate) fn rows_of_fetch(call: &str) -> Option<usize> {
    call.strip_prefix("FETCH FORWARD ")?.strip_suffix(" FROM quaestor")?.parse().ok()
}
