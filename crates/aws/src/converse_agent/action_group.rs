//! A call of an action group: the event that Bedrock Agents would send (OpenAPI kind), to the same Lambda.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use reporting::ask::AgentRequest;
use reporting::{Error, ErrorKind};
use serde_json::{Value, json};

use super::tools::Action;
use crate::failure::sort;

/// Where the body's JSON stands in the answer.
const BODY: &str = "/response/responseBody/application~1json/body";

/// Invokes `function` once. Gives the body of its answer, JSON as text, failures that the model is to hear
/// of included. A failed invocation is an error: what the state machine should retry, or a crash.
pub(super) async fn invoke(
    lambda: &Client,
    function: &str,
    action: &Action,
    request: &AgentRequest,
) -> Result<String, Error> {
    let answer = lambda
        .invoke()
        .function_name(function)
        .payload(Blob::new(event(action, request).to_string()))
        .send()
        .await
        .map_err(|error| sort(format!("failed to invoke `{function}`"), error))?;
    let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
    let payload: Value = serde_json::from_slice(&payload).unwrap_or_default();
    if answer.function_error.is_some() {
        return Err(failed(function, &payload));
    }
    let body = payload.pointer(BODY).and_then(Value::as_str);
    body.map(str::to_owned).ok_or_else(|| {
        Error::new(
            ErrorKind::Internal,
            format!("the function `{function}` gave no action group's answer"),
        )
    })
}

/// An error that is not of our naming is a crash or a time-out of the function's, which may pass.
fn failed(function: &str, payload: &Value) -> Error {
    let text = |name: &str| payload[name].as_str().unwrap_or("nothing more is known");
    let kind = match ErrorKind::named(text("errorType")) {
        ErrorKind::Internal => ErrorKind::Unavailable,
        kind => kind,
    };
    Error::new(kind, format!("the function `{function}` failed: {}", text("errorMessage")))
}

fn event(action: &Action, request: &AgentRequest) -> Value {
    json!({
        "messageVersion": "1.0",
        "agent": { "name": "quaestor", "id": "converse", "alias": "converse", "version": "1" },
        "inputText": request.text,
        "sessionId": request.session_id,
        "actionGroup": action.tool.action_group(),
        "apiPath": action.tool.api_path(),
        "httpMethod": "POST",
        "requestBody": { "content": { "application/json": { "properties": properties(action) } } },
        "sessionAttributes": request.attributes.to_map(),
        "promptSessionAttributes": {},
    })
}

/// As event and trace have them.
pub(super) fn properties(action: &Action) -> Value {
    let properties = action.properties.iter();
    properties
        .map(|(name, value)| json!({ "name": name, "type": "string", "value": value }))
        .collect()
}
