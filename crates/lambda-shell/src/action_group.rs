//! An action group's event and answer (OpenAPI kind), as Bedrock Agents exchange them with a Lambda.
//! Shapes: the Bedrock User Guide, "Configure Lambda functions to send information an Amazon Bedrock agent elicits".

use std::collections::HashMap;
use std::time::Instant;

use aws_lambda_events::event::bedrock_agent_runtime::AgentEvent;
use reporting::ask::Attributes;
use reporting::attempt::Session;
use reporting::{AsOf, Error, ErrorKind};
use serde::Serialize;
use serde_json::json;

/// What an action is given: the question that it works for, and the properties of its request's body.
#[derive(Debug)]
pub struct Call {
    /// The session that the attempt is filed under; none outside a run.
    pub session: Option<Session>,
    /// What ask-agent sent along; outside a run, the defaults.
    pub attributes: Attributes,
    properties: HashMap<String, String>,
}

impl Call {
    /// Reads the event of an action whose path in the OpenAPI schema is `path`. A call outside a run is as of `now`.
    pub fn read(event: &AgentEvent, path: &str, now: AsOf) -> Result<Call, Error> {
        if event.api_path != path {
            return Err(invalid(format!(
                "the path `{}` is not served here; this action group has `{path}`",
                event.api_path
            )));
        }
        let attributes = Attributes::from_map(&event.session_attributes, now)?;
        let session = attributes.in_run.as_ref().map(|in_run| in_run.session(&event.session_id));
        let content =
            event.request_body.as_ref().and_then(|body| body.content.get("application/json"));
        let properties = content.into_iter().flat_map(|content| &content.properties);
        let properties = properties.map(|property| (property.name.clone(), property.value.clone()));
        Ok(Call { session, attributes, properties: properties.collect() })
    }

    /// A property that the OpenAPI schema requires.
    pub fn require(&self, name: &str) -> Result<String, Error> {
        self.optional(name).ok_or_else(|| {
            invalid(format!("the property `{name}` is missing; send it in the request's body"))
        })
    }

    /// A property that may be left out.
    pub fn optional(&self, name: &str) -> Option<String> {
        self.properties.get(name).filter(|value| !value.trim().is_empty()).cloned()
    }
}

/// An action group's answer is limited to about 25 KB: enough of a message to repair the SQL.
const MAX_MESSAGE_CHARS: usize = 2000;

/// The answer to an event of the OpenAPI kind.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionGroupAnswer {
    message_version: &'static str,
    response: ActionResponse,
    /// These replace the session's, so they are sent back as they came.
    session_attributes: HashMap<String, String>,
    prompt_session_attributes: HashMap<String, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ActionResponse {
    action_group: String,
    api_path: String,
    http_method: String,
    http_status_code: u16,
    response_body: ResponseBody,
}

#[derive(Debug, Serialize)]
struct ResponseBody {
    #[serde(rename = "application/json")]
    json: JsonBody,
}

/// The body is JSON in a string.
#[derive(Debug, Serialize)]
struct JsonBody {
    body: String,
}

/// The answer to the agent. A failure is an answer, too, so that the agent can repair it; but one that the state
/// machine should retry fails the invocation, since an agent would only apologize for it.
pub fn answer<T: Serialize>(
    event: &AgentEvent,
    request_id: &str,
    started: Instant,
    outcome: Result<T, Error>,
) -> Result<ActionGroupAnswer, Error> {
    let (status, body) = match outcome {
        Ok(body) => (200, serde_json::to_value(body).map_err(unwritable)?),
        Err(error) if error.kind().retryable() => return Err(error),
        Err(error) => {
            let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            crate::log_failure(&error, request_id, duration_ms);
            let status = if error.kind() == ErrorKind::Internal { 500 } else { 422 };
            let message: String = error.to_string().chars().take(MAX_MESSAGE_CHARS).collect();
            (status, json!({ "error": error.kind().error_type(), "message": message }))
        }
    };
    Ok(ActionGroupAnswer {
        message_version: "1.0",
        response: ActionResponse {
            action_group: event.action_group.clone(),
            api_path: event.api_path.clone(),
            http_method: event.http_method.clone(),
            http_status_code: status,
            response_body: ResponseBody { json: JsonBody { body: body.to_string() } },
        },
        session_attributes: event.session_attributes.clone(),
        prompt_session_attributes: event.prompt_session_attributes.clone(),
    })
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, "failed to write the action's answer").with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(path: &str, properties: serde_json::Value) -> AgentEvent {
        let event = json!({
            "messageVersion": "1.0", "agent": { "name": "a", "id": "i", "alias": "l", "version": "1" },
            "inputText": "How many?", "sessionId": "s1", "actionGroup": "execute-query", "apiPath": path,
            "httpMethod": "POST", "requestBody": { "content": { "application/json": { "properties": properties } } },
            "sessionAttributes": {
                "run_id": "r", "question_id": "q", "as_of": "2026-11-22T06:00:00Z", "schema_key": "schema/x.json",
                "tables": "", "time_zone": "UTC", "timeout_seconds": "30",
            },
            "promptSessionAttributes": { "p": "1" },
        });
        serde_json::from_value(event).expect("an event")
    }

    #[test]
    fn a_call_is_read_or_says_what_is_missing() {
        let given =
            event("/execute", json!([{ "name": "query", "type": "string", "value": "SELECT 1" }]));
        let now: AsOf = "2026-11-23T06:00:00Z".parse().expect("an as-of");
        let call = Call::read(&given, "/execute", now).expect("a call");
        assert_eq!(call.require("query").ok().as_deref(), Some("SELECT 1"));
        assert_eq!(call.session.map(|session| session.session_id).as_deref(), Some("s1"));
        assert_eq!(call.attributes.as_of.to_string(), "2026-11-22T06:00:00Z");
        assert!(Call::read(&given, "/generate", now).is_err());
        let mut outside = given;
        outside.session_attributes.clear();
        let call = Call::read(&outside, "/execute", now).expect("a call");
        assert_eq!((call.session.is_none(), call.attributes.as_of), (true, now));
        let missing = call.require("question").expect_err("missing");
        assert!(missing.to_string().contains("`question` is missing"));
    }

    #[test]
    fn an_answer_is_json_in_a_string() {
        let given = event("/execute", json!([]));
        let refused = Err::<(), _>(Error::new(ErrorKind::SqlRefused, "no"));
        let told = answer(&given, "id", Instant::now(), refused).expect("an answer");
        let told = serde_json::to_value(told).expect("JSON");
        assert_eq!(told["messageVersion"], "1.0");
        assert_eq!(told["response"]["apiPath"], "/execute");
        assert_eq!(told["sessionAttributes"]["run_id"], "r");
        assert_eq!(told["response"]["httpStatusCode"], 422);
        let body = told["response"]["responseBody"]["application/json"]["body"]
            .as_str()
            .expect("a string");
        let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(body, json!({ "error": "sql_refused", "message": "no" }));
        let busy = Err::<(), _>(Error::new(ErrorKind::Throttled, "later"));
        assert!(answer(&given, "id", Instant::now(), busy).is_err());
    }
}
