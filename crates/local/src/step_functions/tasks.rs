//! What a Task state calls, and what a Map state reads and writes: the stand-ins, in process.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use states::{Environment, ObjectError, SupportedResources, TaskError};
use uuid::Uuid;

use crate::{
    event_bus::{self, Entry, EventBus, PutError},
    lambda::{InvokeError, Lambda},
    s3::S3,
    sns::{PublishError, Sns},
};

/// What the states of an execution may reach.
#[derive(Clone, Debug)]
pub struct Services {
    /// For `arn:aws:states:::lambda:invoke`.
    pub lambda: Lambda,
    /// For `arn:aws:states:::sns:publish`.
    pub sns: Sns,
    /// For `arn:aws:states:::events:putEvents`.
    pub event_bus: EventBus,
    /// For `arn:aws:states:::s3:getObject` and `arn:aws:states:::s3:putObject`.
    pub s3: S3,
}

const INVOKE: &str = "arn:aws:states:::lambda:invoke";
const PUBLISH: &str = "arn:aws:states:::sns:publish";
const PUT_EVENTS: &str = "arn:aws:states:::events:putEvents";

/// What a Task state may call here.
pub(super) fn resources() -> SupportedResources {
    [INVOKE, PUBLISH, PUT_EVENTS].into_iter().collect()
}

/// The longest object that an ItemReader reads here; on AWS it is 10 GB.
const MAX_ITEMS_BYTES: u64 = 64 * 1024 * 1024;

impl Environment for Services {
    async fn invoke(&self, resource: &str, parameters: Value) -> Result<Value, TaskError> {
        match resource {
            INVOKE => self.invoke_function(&parameters).await,
            PUBLISH => self.publish(&parameters),
            PUT_EVENTS => put_events(&self.event_bus, parameters),
            unknown => {
                Err(failure("States.Runtime", format!("no stand-in for the resource `{unknown}`")))
            }
        }
    }

    async fn read_object(&self, bucket: &str, key: &str) -> Result<Vec<u8>, ObjectError> {
        match self.s3.get(bucket, key, MAX_ITEMS_BYTES).await {
            Ok(content) => Ok(content.into()),
            Err(error) => Err(ObjectError(error.to_string())),
        }
    }

    async fn write_object(
        &self,
        bucket: &str,
        key: &str,
        body: Vec<u8>,
    ) -> Result<(), ObjectError> {
        self.s3
            .put(bucket, key, "application/json", body.into())
            .await
            .map_err(|error| ObjectError(error.to_string()))
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

impl Services {
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html>
    async fn invoke_function(&self, parameters: &Value) -> Result<Value, TaskError> {
        let function = text(parameters, "FunctionName")?;
        let payload = parameters.get("Payload").unwrap_or(&Value::Null);
        let payload = match payload {
            Value::Null => Bytes::from_static(b"{}"),
            payload => payload.to_string().into(),
        };
        let answer =
            self.lambda.invoke(function, payload).await.map_err(|error| not_invoked(&error))?;
        if answer.failed {
            return Err(function_failed(&answer.payload));
        }
        let payload: Value = serde_json::from_slice(&answer.payload).map_err(|error| {
            failure("States.Runtime", format!("the function's answer is no JSON: {error}"))
        })?;
        Ok(with_metadata(json!({
            "ExecutedVersion": "$LATEST",
            "Payload": payload,
            "StatusCode": 200,
        })))
    }

    /// <https://docs.aws.amazon.com/step-functions/latest/dg/connect-sns.html>
    fn publish(&self, parameters: &Value) -> Result<Value, TaskError> {
        let topic_arn = text(parameters, "TopicArn")?;
        let subject = match parameters.get("Subject") {
            Some(_) => Some(text(parameters, "Subject")?),
            None => None,
        };
        let message = match &parameters["Message"] {
            Value::String(message) => message.clone(),
            // An object is published as its text.
            message => message.to_string(),
        };
        match self.sns.publish(topic_arn, subject, &message) {
            Ok(message_id) => Ok(with_metadata(json!({ "MessageId": message_id }))),
            Err(error @ PublishError::Invalid(_)) => {
                Err(failure("SNS.InvalidParameterException", error.to_string()))
            }
            Err(error) => Err(failure("SNS.SdkClientException", error.to_string())),
        }
    }
}

/// A `Detail` that is an object is put as its text, and one entry that fails fails the task.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html>
fn put_events(bus: &EventBus, mut parameters: Value) -> Result<Value, TaskError> {
    for entry in parameters["Entries"].as_array_mut().into_iter().flatten() {
        if entry["Detail"].is_object() {
            entry["Detail"] = entry["Detail"].to_string().into();
        }
    }
    let entries: Vec<Entry> = serde_json::from_value(parameters["Entries"].take())
        .map_err(|error| failure("States.Runtime", format!("the entries: {error}")))?;
    let puts = bus.put(entries).map_err(|error| match error {
        PutError::Invalid(_) => failure("EventBridge.ValidationException", error.to_string()),
        PutError::Write(_) => failure("EventBridge.InternalException", error.to_string()),
    })?;
    let answer = event_bus::answer(&puts);
    if puts.iter().any(Result::is_err) {
        return Err(failure("EventBridge.FailedEntry", answer.to_string()));
    }
    Ok(with_metadata(answer))
}

fn failure(error: impl Into<String>, cause: impl Into<String>) -> TaskError {
    TaskError { error: error.into(), cause: cause.into() }
}

fn text<'a>(parameters: &'a Value, name: &str) -> Result<&'a str, TaskError> {
    parameters[name]
        .as_str()
        .ok_or_else(|| failure("States.Runtime", format!("the parameter `{name}` is no text")))
}

fn not_invoked(error: &InvokeError) -> TaskError {
    failure(format!("Lambda.{}", error.code()), error.to_string())
}

/// The error's type becomes the error, and the whole payload, as text, its cause.
fn function_failed(payload: &[u8]) -> TaskError {
    let error = serde_json::from_slice::<Value>(payload)
        .ok()
        .and_then(|payload| payload["errorType"].as_str().map(str::to_owned))
        .unwrap_or_else(|| "Lambda.Unknown".to_owned());
    failure(error, String::from_utf8_lossy(payload))
}

/// Adds what every optimized integration adds.
fn with_metadata(mut result: Value) -> Value {
    result["SdkHttpMetadata"] = json!({ "HttpStatusCode": 200 });
    result["SdkResponseMetadata"] = json!({ "RequestId": Uuid::new_v4().to_string() });
    result
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[tokio::test]
    async fn one_entry_that_fails_fails_the_task() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("events.jsonl");
        let bus = EventBus::open("runs", &file).unwrap();
        let check = |detail: Value, error: Option<&str>| {
            let entry = json!({
                "EventBusName": "runs", "Source": "s", "DetailType": "d", "Detail": detail,
            });
            let put = put_events(&bus, json!({ "Entries": [entry] }));
            assert_eq!(put.as_ref().err().map(|failed| failed.error.as_str()), error, "{put:?}");
        };
        check(json!({ "rows": 3 }), None);
        check("{\"rows\":3}".into(), None);
        check("no object".into(), Some("EventBridge.FailedEntry"));
        check("x".repeat(300_000).into(), Some("EventBridge.ValidationException"));
        check(json!(3), Some("States.Runtime"));
        assert_eq!(
            std::fs::read_to_string(&file).unwrap().matches(r#""detail":{"rows":3}"#).count(),
            2
        );
    }

    #[test]
    fn errors_of_functions() {
        for (payload, error) in [
            (r#"{"errorType":"sql_refused","errorMessage":"no"}"#, "sql_refused"),
            (r#"{"errorMessage":"no"}"#, "Lambda.Unknown"),
            ("no", "Lambda.Unknown"),
        ] {
            let expected = failure(error, payload);
            assert_eq!(function_failed(payload.as_bytes()), expected);
        }
        assert_eq!(
            not_invoked(&InvokeError::TooManyRequests).error,
            "Lambda.TooManyRequestsException"
        );
    }
}
