//! The Runtime API (2018-06-01) that one process asks for its invocations.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use ::http::{HeaderValue, Method};
use bytes::Bytes;
use hyper::body::Incoming;
use serde_json::json;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};
use uuid::Uuid;

use super::{Answer, MAX_PAYLOAD_BYTES};
use crate::http::{BodyError, Response, Server, bytes, json, read_whole};

/// One invocation for the process.
pub(super) struct Invocation {
    pub(super) request_id: String,
    pub(super) payload: Bytes,
    pub(super) function_arn: String,
    pub(super) timeout: Duration,
    /// Told when the process takes it, from when the time-out counts.
    pub(super) taken: oneshot::Sender<()>,
    /// Told what the process answers.
    pub(super) answer: oneshot::Sender<Answer>,
}

/// The listener of one process.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    server: Server,
    invocations: mpsc::Sender<Invocation>,
}

struct State {
    waiting: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    current: Mutex<Option<(String, oneshot::Sender<Answer>)>>,
}

impl RuntimeApi {
    pub(super) async fn start() -> io::Result<Self> {
        let (invocations, waiting) = mpsc::channel(1);
        let state = Arc::new(State {
            waiting: tokio::sync::Mutex::new(waiting),
            current: Mutex::new(None),
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let server = Server::start(listener, move |request| {
            let state = Arc::clone(&state);
            async move { state.handle(request).await }
        })?;
        Ok(Self { server, invocations })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Leaves an invocation for the process to take.
    pub(super) async fn offer(&self, invocation: Invocation) {
        // An error means that the server is gone, which the dropped senders tell.
        let _ = self.invocations.send(invocation).await;
    }
}

impl State {
    async fn handle(&self, request: ::http::Request<Incoming>) -> Response {
        let path = request.uri().path().to_owned();
        let segments: Vec<&str> =
            path.strip_prefix("/2018-06-01/runtime/").unwrap_or_default().split('/').collect();
        match (request.method(), segments.as_slice()) {
            (&Method::GET, ["invocation", "next"]) => self.next().await,
            (&Method::POST, ["invocation", request_id, kind @ ("response" | "error")]) => {
                let answer = answer(request, *kind == "error").await;
                self.answered(request_id, answer)
            }
            (&Method::POST, ["init", "error"]) => {
                let answer = answer(request, true).await;
                self.init_failed(answer).await
            }
            _ => error(404, "NotFound", "the Runtime API has no such path"),
        }
    }

    async fn next(&self) -> Response {
        let Some(invocation) = self.waiting.lock().await.recv().await else {
            return error(500, "Stopped", "no more invocations");
        };
        let deadline = SystemTime::now() + invocation.timeout;
        let deadline_ms = deadline.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let headers = [
            ("lambda-runtime-aws-request-id", invocation.request_id.clone()),
            ("lambda-runtime-deadline-ms", deadline_ms.to_string()),
            ("lambda-runtime-invoked-function-arn", invocation.function_arn),
            ("lambda-runtime-trace-id", trace_id()),
        ];
        // An error means that the invocation is over already.
        let _ = invocation.taken.send(());
        *self.current() = Some((invocation.request_id, invocation.answer));
        let mut response = bytes(200, "application/json", invocation.payload);
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    fn answered(&self, request_id: &str, answer: Answer) -> Response {
        match self.current().take_if(|(current, _)| current == request_id) {
            Some((_, waits)) => {
                // An error means that the invocation timed out.
                let _ = waits.send(answer);
                accepted()
            }
            None => error(400, "InvalidRequestID", "no such invocation is under way"),
        }
    }

    /// The process gave up before it took anything: the invocation that it was started for gets its
    /// error.
    async fn init_failed(&self, answer: Answer) -> Response {
        if let Some(invocation) = self.waiting.lock().await.recv().await {
            // As above.
            let _ = invocation.answer.send(answer);
        }
        accepted()
    }

    fn current(&self) -> std::sync::MutexGuard<'_, Option<(String, oneshot::Sender<Answer>)>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(request: ::http::Request<Incoming>, failed: bool) -> Answer {
    match read_whole(request, MAX_PAYLOAD_BYTES).await {
        Ok(request) => Answer { payload: request.into_body(), failed },
        Err(BodyError::TooLong { limit_bytes }) => Answer::error(
            "Function.ResponseSizeTooLarge",
            &format!(
                "Response payload size exceeded maximum allowed payload size ({limit_bytes} bytes)."
            ),
        ),
        Err(error) => Answer::error("Runtime.TruncatedResponse", &error.to_string()),
    }
}

fn accepted() -> Response {
    json(202, &json!({ "status": "OK" }))
}

fn error(status: u16, kind: &str, message: &str) -> Response {
    json(status, &json!({ "errorType": kind, "errorMessage": message }))
}

/// An X-Ray trace that is not sampled:
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html>
fn trace_id() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let random = Uuid::new_v4().simple().to_string();
    format!(
        "Root=1-{seconds:08x}-{};Parent={};Sampled=0",
        &random[..24],
        &Uuid::new_v4().simple().to_string()[..16]
    )
}
