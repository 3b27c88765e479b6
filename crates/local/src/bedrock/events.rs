//! The frames of InvokeAgent's answer (`application/vnd.amazon.eventstream`), sent one at a time.

use std::io;

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use aws_smithy_types::str_bytes::StrBytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::channel::mpsc;
use futures::{SinkExt as _, StreamExt as _};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use serde_json::{Value, json};

use crate::http::Body;

/// Frames that may wait for a slow reader before the agent waits for it.
const FRAMES_IN_FLIGHT: usize = 4;

/// Why a turn ended without an answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Halt {
    /// The caller closed the connection: nobody is left to tell.
    #[error("the caller closed the stream")]
    CallerGone,
    /// An error inside the stream, by the service's name for it there (`dependencyFailedException`).
    #[error("{exception}: {message}")]
    Exception { exception: &'static str, message: String, resource: Option<String> },
}

/// The writing end of one answer.
pub(super) struct Events(mpsc::Sender<Bytes>);

impl Events {
    /// A writer, and the body that streams each frame as it is written.
    pub(super) fn channel() -> (Self, Body) {
        let (sender, receiver) = mpsc::channel(FRAMES_IN_FLIGHT);
        let frames = receiver.map(|frame| Ok::<_, io::Error>(Frame::data(frame)));
        (Self(sender), StreamBody::new(frames).boxed_unsync())
    }

    /// A piece of the agent's words.
    pub(super) async fn chunk(&mut self, text: &str) -> Result<(), Halt> {
        let payload = json!({ "bytes": STANDARD.encode(text) });
        self.send("event", ":event-type", "chunk", &payload).await
    }

    /// A step of the agent's reasoning: a `TracePart`.
    pub(super) async fn trace(&mut self, part: &Value) -> Result<(), Halt> {
        self.send("event", ":event-type", "trace", part).await
    }

    /// An error, after which the stream ends.
    pub(super) async fn exception(
        &mut self,
        exception: &'static str,
        message: &str,
        resource: Option<&str>,
    ) -> Result<(), Halt> {
        let payload = json!({ "message": message, "resourceName": resource });
        self.send("exception", ":exception-type", exception, &payload).await
    }

    async fn send(
        &mut self,
        message_type: &'static str,
        type_header: &'static str,
        type_name: &'static str,
        payload: &Value,
    ) -> Result<(), Halt> {
        let message = Message::new(payload.to_string())
            .add_header(string_header(":message-type", message_type))
            .add_header(string_header(type_header, type_name))
            .add_header(string_header(":content-type", "application/json"));
        let mut frame = Vec::new();
        write_message_to(&message, &mut frame).map_err(|error| Halt::Exception {
            exception: "internalServerException",
            message: format!("failed to write a `{type_name}` frame: {error}"),
            resource: None,
        })?;
        self.0.send(frame.into()).await.map_err(|_| Halt::CallerGone)
    }
}

fn string_header(name: &'static str, value: &'static str) -> Header {
    Header::new(name, HeaderValue::String(StrBytes::from(value)))
}
