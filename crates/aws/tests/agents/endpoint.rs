//! An endpoint that answers every service from one script each, and keeps what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use aws_smithy_types::str_bytes::StrBytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// One answer of a script.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: Vec<u8>,
    /// Half of the body is sent, then the connection ends.
    broken: bool,
}

impl Reply {
    pub(crate) fn json(body: &Value) -> Reply {
        let headers = vec![("content-type", "application/json")];
        Reply { status: 200, headers, body: body.to_string().into(), broken: false }
    }

    pub(crate) fn error(status: u16, code: &'static str) -> Reply {
        let mut reply = Reply::json(&json!({ "message": "so it is" }));
        reply.status = status;
        reply.headers.push(("x-amzn-errortype", code));
        reply
    }

    /// A function's own failure.
    pub(crate) fn function_error(error_type: &str) -> Reply {
        let mut reply =
            Reply::json(&json!({ "errorType": error_type, "errorMessage": "so it is" }));
        reply.headers.push(("x-amz-function-error", "Unhandled"));
        reply
    }

    /// An agent's event stream.
    pub(crate) fn stream(frames: Vec<Vec<u8>>) -> Reply {
        let headers = vec![
            ("content-type", "application/vnd.amazon.eventstream"),
            ("x-amzn-bedrock-agent-content-type", "application/json"),
            ("x-amz-bedrock-agent-session-id", "session-1"),
        ];
        Reply { status: 200, headers, body: frames.concat(), broken: false }
    }

    pub(crate) fn broken(mut self) -> Reply {
        self.broken = true;
        self
    }
}

/// A frame with an event: `chunk` or `trace`.
pub(crate) fn event(name: &'static str, payload: &Value) -> Vec<u8> {
    frame("event", ":event-type", name, payload)
}

/// The words of an agent.
pub(crate) fn chunk(words: &str) -> Vec<u8> {
    event("chunk", &json!({ "bytes": STANDARD.encode(words) }))
}

/// An error inside the stream.
pub(crate) fn exception(name: &'static str) -> Vec<u8> {
    frame("exception", ":exception-type", name, &json!({ "message": "so it is" }))
}

fn frame(kind: &'static str, header: &'static str, name: &'static str, payload: &Value) -> Vec<u8> {
    let header_of = |name: &'static str, value: &'static str| {
        Header::new(name, HeaderValue::String(StrBytes::from(value)))
    };
    let message = Message::new(payload.to_string())
        .add_header(header_of(":message-type", kind))
        .add_header(header_of(header, name))
        .add_header(header_of(":content-type", "application/json"));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).expect("a frame");
    bytes
}

/// The scripts, each read from its front; the last entry is given again and again.
#[derive(Default)]
pub(crate) struct Scripts {
    pub(crate) agent: VecDeque<Reply>,
    pub(crate) guardrail: VecDeque<Reply>,
    pub(crate) model: VecDeque<Reply>,
    pub(crate) lambda: VecDeque<Reply>,
}

/// A request's path and body.
pub(crate) type Asked = (String, Value);

pub(crate) struct Endpoint {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Endpoint {
    pub(crate) async fn serve(scripts: Scripts) -> Endpoint {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let scripts = Arc::new(Mutex::new(scripts));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(one(stream, Arc::clone(&scripts), Arc::clone(&kept)));
            }
        });
        Endpoint { url, asked }
    }

    /// The bodies of the requests whose path ends so.
    pub(crate) fn asked(&self, ending: &str) -> Vec<Value> {
        let asked = self.asked.lock().expect("not poisoned");
        let those = asked.iter().filter(|(path, _)| path.ends_with(ending));
        those.map(|(_, body)| body.clone()).collect()
    }

    /// The last part of each request's path, in order.
    pub(crate) fn operations(&self) -> Vec<String> {
        let asked = self.asked.lock().expect("not poisoned");
        asked.iter().filter_map(|(path, _)| path.rsplit('/').next().map(str::to_owned)).collect()
    }
}

/// One request a connection.
async fn one(stream: TcpStream, scripts: Arc<Mutex<Scripts>>, asked: Arc<Mutex<Vec<Asked>>>) {
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    stream.read_line(&mut first).await.expect("a request");
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.expect("a header");
        let line = line.trim().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.expect("a body");
    let body = serde_json::from_slice(&body).expect("JSON");
    asked.lock().expect("not poisoned").push((path.clone(), body));
    let reply = {
        let mut scripts = scripts.lock().expect("not poisoned");
        let script = match path.rsplit('/').next() {
            Some("text") => &mut scripts.agent,
            Some("apply") => &mut scripts.guardrail,
            Some("converse") => &mut scripts.model,
            Some("invocations") => &mut scripts.lambda,
            _ => panic!("no service at `{path}`"),
        };
        let last = script.len() == 1;
        let next = if last { script.front().cloned() } else { script.pop_front() };
        next.unwrap_or_else(|| panic!("nothing is scripted for `{path}`"))
    };
    let mut head = format!(
        "HTTP/1.1 {} scripted\r\nconnection: close\r\ncontent-length: {}\r\n",
        reply.status,
        reply.body.len()
    );
    for (name, value) in reply.headers {
        head += &format!("{name}: {value}\r\n");
    }
    let sent = if reply.broken { reply.body.len() / 2 } else { reply.body.len() };
    let bytes = [head.as_bytes(), b"\r\n", &reply.body[..sent]].concat();
    stream.write_all(&bytes).await.expect("sent");
    stream.shutdown().await.expect("closed");
}
