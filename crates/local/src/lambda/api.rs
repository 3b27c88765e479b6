//! The operations over HTTP: Invoke, `POST /2015-03-31/functions/{name or ARN}/invocations`, and
//! what says which functions there are.

use ::http::Method;
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{Function, InvokeError, Lambda, MAX_PAYLOAD_BYTES, function_arn};
use crate::http::{Request, Response, bytes, json, rest_error};

/// The longest payload of an asynchronous invocation.
const MAX_EVENT_BYTES: usize = 1024 * 1024;

impl Lambda {
    pub(crate) async fn handle(&self, request: Request) -> Response {
        let path = request.uri().path();
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (name, invokes) = match (request.method(), segments.as_slice()) {
            (&Method::POST, ["2015-03-31", "functions", name, "invocations"]) => (*name, true),
            (&Method::GET, ["2015-03-31", "functions", name]) => (*name, false),
            (&Method::GET, ["2015-03-31", "functions"]) => return self.list(),
            _ => ("", false),
        };
        let name = percent_decode_str(name).decode_utf8().ok().filter(|name| !name.is_empty());
        let Some(function) = name else {
            return rest_error(
                404,
                "UnknownOperationException",
                "this stand-in has `Invoke`, `GetFunction` and `ListFunctions`",
            );
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
        if !invokes {
            return self.get(&function);
        }
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

    /// ListFunctions: all on one page.
    fn list(&self) -> Response {
        let mut functions: Vec<_> =
            self.0.functions.values().map(|pool| configuration(pool.function())).collect();
        functions.sort_by(|one, other| {
            one["FunctionName"].as_str().cmp(&other["FunctionName"].as_str())
        });
        json(200, &json!({ "Functions": functions }))
    }

    /// GetFunction, without the place of the code, which is no archive here.
    fn get(&self, function: &str) -> Response {
        match self.find(function) {
            Ok(pool) => json(200, &json!({ "Configuration": configuration(pool.function()) })),
            Err(error) => refused(&error),
        }
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

/// A `FunctionConfiguration`. The environment stays out of it: it holds the system's keys.
fn configuration(function: &Function) -> Value {
    json!({
        "FunctionName": function.name,
        "FunctionArn": function_arn(&function.name),
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "PackageType": "Zip",
        "Timeout": function.timeout.as_secs(),
        "MemorySize": function.memory_mb,
        "Version": "$LATEST",
        "State": "Active",
        "LastUpdateStatus": "Successful",
    })
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
