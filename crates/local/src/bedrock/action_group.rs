//! The agent's two action groups (OpenAPI kind): the event that each Lambda gets, and the check of
//! what it answers.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::session::Attributes;

/// The method of both operations, as the event has it (the trace has it in lower case).
pub(super) const HTTP_METHOD: &str = "POST";
/// The service's "25 KB", taken strictly and for the whole payload: AWS's pages do not say of what.
const MAX_ANSWER_BYTES: usize = 25_000;
const JSON: &str = "application/json";

/// One call of an action group's operation. Its Lambda has the action group's name.
pub(super) struct ApiCall {
    pub(super) action_group: &'static str,
    pub(super) api_path: &'static str,
    properties: Vec<(&'static str, String)>,
}

/// A query that failed and why, for the model to do better.
pub(super) struct Repair {
    pub(super) previous_sql: String,
    pub(super) error: String,
}

/// What an operation answered, in the service's envelope.
#[derive(Debug)]
pub(super) struct ApiAnswer {
    pub(super) status: u16,
    /// The body as the Lambda wrote it: the text of the observation.
    pub(super) text: String,
    pub(super) body: Value,
    pub(super) session_attributes: Option<Attributes>,
    pub(super) prompt_session_attributes: Option<Attributes>,
}

/// Why a Lambda's answer is none that the service takes.
#[derive(Debug, thiserror::Error)]
pub(super) enum AnswerError {
    #[error("the answer has {0} bytes, more than {MAX_ANSWER_BYTES}")]
    TooLarge(usize),
    #[error("the answer does not have an action group's shape")]
    Shape(#[source] serde_json::Error),
    #[error("`{field}` is `{found}` where `{expected}` was called")]
    Mismatch { field: &'static str, expected: &'static str, found: String },
    #[error("`responseBody` has no `{JSON}`")]
    NoJson,
    #[error("the body is not JSON")]
    Body(#[source] serde_json::Error),
}

impl ApiCall {
    /// `POST /generate`: question in, SQL out.
    pub(super) fn generate(question: &str, repair: Option<&Repair>) -> Self {
        let mut properties = vec![("question", question.to_owned())];
        if let Some(repair) = repair {
            properties.push(("previous_sql", repair.previous_sql.clone()));
            properties.push(("error", repair.error.clone()));
        }
        Self { action_group: "generate-query", api_path: "/generate", properties }
    }

    /// `POST /execute`: SQL in, a preview of its rows out.
    pub(super) fn execute(sql: &str) -> Self {
        Self {
            action_group: "execute-query",
            api_path: "/execute",
            properties: vec![("query", sql.to_owned())],
        }
    }

    /// The request body's properties, as event and trace have them: `[{name, type, value}]`.
    pub(super) fn properties(&self) -> Value {
        self.properties
            .iter()
            .map(|(name, value)| json!({ "name": name, "type": "string", "value": value }))
            .collect()
    }

    /// The event, but for what belongs to the turn (agent, session, input).
    pub(super) fn event(&self) -> Value {
        json!({
            "messageVersion": "1.0",
            "actionGroup": self.action_group,
            "apiPath": self.api_path,
            "httpMethod": HTTP_METHOD,
            "requestBody": { "content": { JSON: { "properties": self.properties() } } },
        })
    }

    /// Checks a Lambda's answer as the service does.
    pub(super) fn read_answer(&self, payload: &[u8]) -> Result<ApiAnswer, AnswerError> {
        if payload.len() > MAX_ANSWER_BYTES {
            return Err(AnswerError::TooLarge(payload.len()));
        }
        let answer: Answer = serde_json::from_slice(payload).map_err(AnswerError::Shape)?;
        let response = answer.response;
        for (field, expected, found) in [
            ("messageVersion", "1.0", answer.message_version),
            ("actionGroup", self.action_group, response.action_group),
            ("apiPath", self.api_path, response.api_path),
            ("httpMethod", HTTP_METHOD, response.http_method),
        ] {
            if expected != found {
                return Err(AnswerError::Mismatch { field, expected, found });
            }
        }
        let mut contents = response.response_body;
        let text = contents.remove(JSON).ok_or(AnswerError::NoJson)?.body;
        Ok(ApiAnswer {
            status: response.http_status_code,
            body: serde_json::from_str(&text).map_err(AnswerError::Body)?,
            text,
            session_attributes: answer.session_attributes,
            prompt_session_attributes: answer.prompt_session_attributes,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    message_version: String,
    response: AnswerResponse,
    session_attributes: Option<Attributes>,
    prompt_session_attributes: Option<Attributes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnswerResponse {
    action_group: String,
    api_path: String,
    http_method: String,
    http_status_code: u16,
    response_body: BTreeMap<String, Content>,
}

#[derive(Deserialize)]
struct Content {
    body: String,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn answer() -> Value {
        json!({
            "messageVersion": "1.0",
            "response": {
                "actionGroup": "execute-query",
                "apiPath": "/execute",
                "httpMethod": "POST",
                "httpStatusCode": 200,
                "responseBody": { JSON: { "body": "{\"shown\":0}" } },
            },
            "sessionAttributes": { "run_id": "daily" },
            "promptSessionAttributes": null,
        })
    }

    #[test]
    fn reads_an_answer() {
        let read = ApiCall::execute("SELECT 1").read_answer(answer().to_string().as_bytes());
        let read = read.unwrap();
        assert_eq!((read.status, &read.body), (200, &json!({ "shown": 0 })));
        assert_eq!(read.session_attributes.unwrap()["run_id"], "daily");
        assert_eq!(read.prompt_session_attributes, None);
    }

    #[test]
    fn refuses_what_the_service_refuses() {
        let check = |pointer: &str, value: Value, expected: &str| {
            let mut answer = answer();
            *answer.pointer_mut(pointer).unwrap() = value;
            let read = ApiCall::execute("SELECT 1").read_answer(answer.to_string().as_bytes());
            assert_eq!(read.err().unwrap().to_string(), expected, "{pointer}");
        };
        let shape = "the answer does not have an action group's shape";
        check("/messageVersion", "2".into(), "`messageVersion` is `2` where `1.0` was called");
        check(
            "/response/actionGroup",
            "generate-query".into(),
            "`actionGroup` is `generate-query` where `execute-query` was called",
        );
        check("/response/apiPath", "/".into(), "`apiPath` is `/` where `/execute` was called");
        check(
            "/response/httpMethod",
            "GET".into(),
            "`httpMethod` is `GET` where `POST` was called",
        );
        check("/response/httpStatusCode", "200".into(), shape);
        check("/response/responseBody", json!({}), "`responseBody` has no `application/json`");
        let body = "/response/responseBody/application~1json/body";
        check(body, json!({ "shown": 0 }), shape);
        check(body, "no json".into(), "the body is not JSON");
        check(
            body,
            "x".repeat(25_000).into(),
            &format!(
                "the answer has {} bytes, more than 25000",
                answer().to_string().len() + 24_987
            ),
        );
        check("/sessionAttributes/run_id", json!(1), shape);
    }
}
