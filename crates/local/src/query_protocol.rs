//! The query protocol: a form in, XML out.

use percent_encoding::percent_decode_str;
use uuid::Uuid;

use crate::http::{Response, bytes};

/// The fields of `application/x-www-form-urlencoded`.
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn read(body: &[u8]) -> Self {
        let pairs = String::from_utf8_lossy(body);
        let pairs = pairs.split('&').map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        });
        Self(pairs.collect())
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// `<ActionResponse><ActionResult>…` around a result.
pub(crate) fn answer(action: &str, result: &str) -> Response {
    let id = Uuid::new_v4();
    xml(
        200,
        format!(
            "<{action}Response><{action}Result>{result}</{action}Result>\
             <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{action}Response>"
        ),
    )
}

/// An error in the shape of the protocol.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Response {
    let (message, id) = (escaped(message), Uuid::new_v4());
    let fault = if status < 500 { "Sender" } else { "Receiver" };
    xml(
        status,
        format!(
            "<ErrorResponse><Error><Type>{fault}</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>{id}</RequestId></ErrorResponse>"
        ),
    )
}

/// A text as it may stand in an element.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn xml(status: u16, text: String) -> Response {
    bytes(status, "text/xml", text.into())
}
