//! The Invoke operation: `POST /2015-03-31/functions/{name or ARN}/invocations`.

use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::json;

use super::{InvokeError, Lambda, MAX_PAYLOAD_BYTES};
use crate::http::{Request, Response, bytes, json, rest_error};

/// The longest payload of an asynchronous invocation.
const MAX_EVENT_BYTES: usize = 1024 * 1024;

impl Lambda {
    pub(crate) async fn handle(&self, request: Request) -> Response {
        let path = request.uri().path();
        let function = (request.method() == ::http::Method::POST)
            .then_some(path)
            .and_then(|path| path.strip_prefix("/2015-03-31/functions/"))
            .and_then(|path| path.strip_suffix("/invocations"))
            .and_then(|function| percent_decode_str(function).decode_utf8().ok());
        let Some(function) = function else {
            return rest_error(404, "UnknownOperationException", "this stand-in has `Invoke`");
        };
        let qualifier = request
            .uri()
            .query()
            .and_then(|query| query.strip_prefix("Qualifier="))
            .and_then(|qualifier| percent_decode_str(qualifier).decode_utf8().ok());
        let function = match qualifier {
            Some(qualifier) => format!("{function}:{qualifier}"),
            None => function.into_owned(),
        };
        let kind = request
            .headers()
            .get("x-amz-invocation-type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or("RequestResponse");
        let answered = match kind {
            "RequestResponse" => self.respond(&function, request.body().clone()).await,
            "Event" => self
                .begin(&function, request.body().clone(), MAX_EVENT_BYTES)
                .map(|_| bytes(202, "application/json", Bytes::new())),
            "DryRun" => self.find(&function).map(|_| bytes(204, "application/json", Bytes::new())),
            _ => {
                return rest_error(
                    400,
                    "InvalidParameterValueException",
                    "the invocation type is `RequestResponse`, `Event` or `DryRun`",
                );
            }
        };
        answered.unwrap_or_else(|error| refused(&error))
    }

    async fn respond(&self, function: &str, payload: Bytes) -> Result<Response, InvokeError> {
        let answer = self
            .begin(function, payload, MAX_PAYLOAD_BYTES)?
            .await
            .map_err(|_| InvokeError::Stopped)?;
        let mut response = bytes(200, "application/json", answer.payload);
        let headers = response.headers_mut();
        headers.insert("x-amz-executed-version", ::http::HeaderValue::from_static("$LATEST"));
        if answer.failed {
            headers.insert("x-amz-function-error", ::http::HeaderValue::from_static("Unhandled"));
        }
        Ok(response)
    }
}

impl InvokeError {
    /// The service's code for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "ResourceNotFoundException",
            Self::TooManyRequests => "TooManyRequestsException",
            Self::TooLarge { .. } => "RequestTooLargeException",
            Self::NotJson(_) => "InvalidRequestContentException",
            Self::Stopped => "ServiceException",
        }
    }
}

fn refused(error: &InvokeError) -> Response {
    let status = match error {
        InvokeError::NotFound(_) => 404,
        InvokeError::TooManyRequests => 429,
        InvokeError::TooLarge { .. } => 413,
        InvokeError::NotJson(_) => 400,
        InvokeError::Stopped => 500,
    };
    let mut body = json!({ "Type": "User", "message": error.to_string() });
    if *error == InvokeError::TooManyRequests {
        body["Reason"] = "ConcurrentInvocationLimitExceeded".into();
    }
    let mut response = json(status, &body);
    response
        .headers_mut()
        .insert("x-amzn-errortype", ::http::HeaderValue::from_static(error.code()));
    response
}
