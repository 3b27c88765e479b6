//! The endpoint that `write-report` is given: a database behind the RDS Data API that returns as many rows as it is
//! told to, and S3, passed on to the stand-in. Both fail where the test wants it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinHandle;

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    None,
    /// A page of more rows is over the service's limit.
    Overflow {
        rows_over: u64,
    },
    LostTransaction {
        at_fetch: u64,
    },
    /// The body ends in the middle, and nobody says so.
    TruncatedBody {
        at_fetch: u64,
    },
    /// What botocore takes for a page without rows.
    EmptyBody {
        at_fetch: u64,
    },
    /// S3 refuses that part of an upload.
    PartRefused {
        part: u64,
    },
    /// S3 is too busy for that part of an upload, once.
    PartSentTwice {
        part: u64,
    },
    /// The function has no folder for its temporary files.
    NoTemporaryFiles,
    /// S3 refuses the object.
    ObjectRefused,
    /// Two writers of one object: each waits with its last call until the other is as far.
    CompletedAtOnce,
}

/// A running endpoint; it ends when dropped.
pub(crate) struct Gate {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

struct State {
    s3: SocketAddr,
    rows: u64,
    fault: Fault,
    fetches: AtomicU64,
    /// Of each transaction, how many rows it has fetched.
    positions: Mutex<HashMap<String, u64>>,
    both: Barrier,
    was_busy: AtomicBool,
}

impl Gate {
    pub(crate) async fn open(s3: SocketAddr, rows: u64, fault: Fault) -> Gate {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (fetches, positions) = (AtomicU64::new(0), Mutex::default());
        let (both, was_busy) = (Barrier::new(2), AtomicBool::new(false));
        let state = Arc::new(State { s3, rows, fault, fetches, positions, both, was_busy });
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&state);
                let service = service_fn(move |request| respond(Arc::clone(&state), request));
                let server = hyper::server::conn::http1::Builder::new();
                tokio::spawn(server.serve_connection(TokioIo::new(stream), service));
            }
        });
        Gate { address, accepting }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

type Answer = Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>>;

async fn respond(state: Arc<State>, request: Request<Incoming>) -> Answer {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    match head.uri.path() {
        "/Execute" => {
            let body: Value = serde_json::from_slice(&body)?;
            let text = |member: &str| body[member].as_str().unwrap_or_default();
            execute(&state, text("transactionId"), text("sql"))
        }
        "/BeginTransaction" => {
            let mut positions = state.positions.lock().expect("no panic");
            let id = format!("t{}", positions.len());
            positions.insert(id.clone(), 0);
            told(json!({ "transactionId": id }))
        }
        "/RollbackTransaction" => told(json!({ "transactionStatus": "Rollback Complete" })),
        _ => pass_on(&state, Request::from_parts(head, Full::new(body))).await,
    }
}

fn execute(state: &State, transaction: &str, sql: &str) -> Answer {
    let rows = sql.strip_prefix("FETCH FORWARD ").and_then(|rest| rest.split(' ').next());
    let Some(asked) = rows.and_then(|rows| rows.parse::<u64>().ok()) else {
        return told(json!({ "numberOfRecordsUpdated": 0, "generatedFields": [] }));
    };
    let fetch = state.fetches.fetch_add(1, Ordering::SeqCst) + 1;
    match state.fault {
        Fault::Overflow { rows_over } if asked > rows_over => {
            return failed("Database returned more than the allowed response size limit");
        }
        Fault::LostTransaction { at_fetch } if fetch == at_fetch => {
            return failed("Transaction t is not found");
        }
        Fault::EmptyBody { at_fetch } if fetch == at_fetch => return told(json!({})),
        _ => {}
    }
    let (from, to) = {
        let mut positions = state.positions.lock().expect("no panic");
        let position = positions.entry(transaction.to_owned()).or_default();
        let from = *position;
        *position = (from + asked).min(state.rows);
        (from, *position)
    };
    let records: Vec<Value> =
        (from..to).map(|n| json!([{ "longValue": n }, { "stringValue": name(n) }])).collect();
    let columns = [("n", "int8"), ("name", "text")];
    let columns = columns.map(|(name, data_type)| json!({ "label": name, "typeName": data_type }));
    let page = json!({ "records": records, "columnMetadata": columns }).to_string();
    match state.fault {
        Fault::TruncatedBody { at_fetch } if fetch == at_fetch => {
            Ok(Response::new(Full::from(page[..page.len() / 2].to_owned())))
        }
        _ => Ok(Response::new(Full::from(page))),
    }
}

/// A text that does not shrink, so that an upload has parts.
fn name(n: u64) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut state = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let letters = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(LETTERS[(state >> 58) as usize])
    });
    letters.take(256).collect()
}

fn told(body: Value) -> Answer {
    Ok(Response::new(Full::from(body.to_string())))
}

fn failed(message: &str) -> Answer {
    let body = json!({ "message": message }).to_string();
    let response = Response::builder().status(StatusCode::BAD_REQUEST);
    Ok(response.header("x-amzn-errortype", "BadRequestException").body(Full::from(body))?)
}

/// To the stand-in of S3, unless this is what it refuses.
async fn pass_on(state: &State, request: Request<Full<Bytes>>) -> Answer {
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
    let is_part = |part: u64| query.contains(&format!("partNumber={part}"));
    if let Fault::PartSentTwice { part } = state.fault
        && is_part(part)
        && !state.was_busy.swap(true, Ordering::SeqCst)
    {
        let busy = "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
        return Ok(Response::builder().status(503).body(Full::from(busy))?);
    }
    let refused = match state.fault {
        Fault::PartRefused { part } => is_part(part),
        Fault::ObjectRefused => request.method() == "PUT" && path.ends_with(".parquet"),
        _ => false,
    };
    if refused {
        let denied = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
        return Ok(Response::builder().status(403).body(Full::from(denied))?);
    }
    let completes = request.method() == "POST" && query.contains("uploadId=");
    if completes && matches!(state.fault, Fault::CompletedAtOnce) {
        state.both.wait().await;
    }
    let stream = TcpStream::connect(state.s3).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let (head, body) = sender.send_request(request).await?.into_parts();
    Ok(Response::from_parts(head, Full::new(body.collect().await?.to_bytes())))
}
