//! EventBridge `PutEvents`: each event is a line of `<data-dir>/events.jsonl`, as a rule's target
//! would get it.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>

use std::{io, path::Path};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::{
    credentials::{ACCOUNT, REGION},
    http::{Request, Response, json as json_response},
    journal::Journal,
};

const TARGET: &str = "AWSEvents.PutEvents";

/// A request has at most this many entries.
const MAX_ENTRIES: usize = 10;

/// The entries of a request have at most this many bytes together.
const MAX_REQUEST_BYTES: usize = 256 * 1024;

/// A time counts for so many bytes of an entry.
const TIME_BYTES: usize = 14;

/// One bus; clones share one file.
#[derive(Clone, Debug)]
pub struct EventBus {
    name: &'static str,
    events: Journal<Event>,
}

/// An event as a rule's target gets it, a line of the file.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Event {
    /// Always `0`.
    pub version: &'static str,
    /// What its publisher was told.
    pub id: String,
    /// What kind of event its source calls it.
    pub detail_type: String,
    /// Who published it.
    pub source: String,
    /// Whose account.
    pub account: &'static str,
    /// When, to the second.
    pub time: String,
    /// Where.
    pub region: &'static str,
    /// The ARNs of what it is about.
    pub resources: Vec<String>,
    /// What happened: an object.
    pub detail: Value,
}

/// One of the things to publish.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Entry {
    source: Option<String>,
    detail_type: Option<String>,
    /// The text of an object.
    detail: Option<String>,
    event_bus_name: Option<String>,
    #[serde(default)]
    pub(crate) resources: Vec<String>,
    time: Option<f64>,
}

/// What became of an entry: the event's id, or a code and a message.
pub(crate) type Put = Result<String, (&'static str, String)>;

/// Why no entry was looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PutError {
    /// Too many entries, none, or too many bytes: `ValidationException`.
    #[error("{0}")]
    Invalid(String),
    /// An event could not be written down: `InternalException`.
    #[error("failed to write the event")]
    Write(#[source] io::Error),
}

impl EventBus {
    /// Opens the file, which is made when it is missing, of the bus called `name`.
    ///
    /// # Errors
    /// The file system's own.
    pub fn open(name: &'static str, file: &Path) -> io::Result<Self> {
        Ok(Self { name, events: Journal::open(file)? })
    }

    /// What is published from now on. A receiver that falls 1,024 behind loses the oldest.
    pub fn published(&self) -> broadcast::Receiver<Event> {
        self.events.listen()
    }

    /// Publishes each entry that is in order, and says of each what became of it.
    pub(crate) fn put(&self, entries: Vec<Entry>) -> Result<Vec<Put>, PutError> {
        if !(1..=MAX_ENTRIES).contains(&entries.len()) {
            return Err(PutError::Invalid(format!(
                "1 validation error detected: Value at 'entries' failed to satisfy constraint: \
                 Member must have length between 1 and {MAX_ENTRIES}"
            )));
        }
        if entries.iter().map(Entry::bytes).sum::<usize>() > MAX_REQUEST_BYTES {
            return Err(PutError::Invalid(
                "Total size of the entries in the request is over the limit.".to_owned(),
            ));
        }
        entries
            .into_iter()
            .map(|entry| match entry.into_event(self.name) {
                Ok(event) => {
                    let id = event.id.clone();
                    self.events.write(event).map_err(PutError::Write)?;
                    Ok(Ok(id))
                }
                Err(refused) => Ok(Err(refused)),
            })
            .collect()
    }

    pub(crate) fn handle(&self, request: &Request) -> Response {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct PutEvents {
            entries: Vec<Entry>,
        }

        let refuse = |status, code: &str, message: String| {
            json_response(status, &json!({ "__type": code, "message": message }))
        };
        let operation = request.headers().get("x-amz-target").and_then(|it| it.to_str().ok());
        if operation != Some(TARGET) {
            let message = format!("this stand-in has `{TARGET}`, not `{operation:?}`");
            return refuse(400, "UnknownOperationException", message);
        }
        let entries = match serde_json::from_slice::<PutEvents>(request.body()) {
            Ok(request) => request.entries,
            Err(error) => return refuse(400, "SerializationException", error.to_string()),
        };
        match self.put(entries) {
            Ok(puts) => json_response(200, &answer(&puts)),
            Err(error @ PutError::Invalid(_)) => {
                refuse(400, "ValidationException", error.to_string())
            }
            Err(error @ PutError::Write(_)) => refuse(500, "InternalException", error.to_string()),
        }
    }
}

/// What the service answers.
pub(crate) fn answer(puts: &[Put]) -> Value {
    let entries: Vec<Value> = puts
        .iter()
        .map(|put| match put {
            Ok(id) => json!({ "EventId": id }),
            Err((code, message)) => json!({ "ErrorCode": code, "ErrorMessage": message }),
        })
        .collect();
    let failed = puts.iter().filter(|put| put.is_err()).count();
    json!({ "Entries": entries, "FailedEntryCount": failed })
}

impl Entry {
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size>
    fn bytes(&self) -> usize {
        let texts = [&self.source, &self.detail_type, &self.detail].into_iter().flatten();
        texts.chain(&self.resources).map(String::len).sum::<usize>()
            + self.time.map_or(0, |_| TIME_BYTES)
    }

    /// An event for nobody is lost without a word on AWS; here it is refused, so that a wrong name
    /// is seen.
    fn into_event(self, bus: &str) -> Result<Event, (&'static str, String)> {
        let missing = |name: &str| {
            let message =
                format!("Parameter {name} is not valid. Reason: {name} is a required argument.");
            ("InvalidArgument", message)
        };
        let named = self.event_bus_name.as_deref().unwrap_or("default");
        if named.rsplit('/').next() != Some(bus) {
            return Err(("InvalidArgument", format!("there is no event bus `{named}` here")));
        }
        let source = self.source.filter(|it| !it.is_empty()).ok_or_else(|| missing("Source"))?;
        if source.starts_with("aws.") {
            let message = "Not authorized for the source.".to_owned();
            return Err(("NotAuthorizedForSourceException", message));
        }
        let detail_type =
            self.detail_type.filter(|it| !it.is_empty()).ok_or_else(|| missing("DetailType"))?;
        let detail: Value = serde_json::from_str(&self.detail.ok_or_else(|| missing("Detail"))?)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| ("MalformedDetail", "Detail is malformed.".to_owned()))?;
        #[expect(clippy::cast_possible_truncation, reason = "out of range becomes now")]
        let time = self.time.and_then(|time| Timestamp::from_second(time as i64).ok());
        Ok(Event {
            version: "0",
            id: Uuid::new_v4().to_string(),
            detail_type,
            source,
            account: ACCOUNT,
            time: time.unwrap_or_else(Timestamp::now).strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            region: REGION,
            resources: self.resources,
            detail,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use http_body_util::BodyExt as _;

    use super::*;

    fn entry(change: Value) -> Value {
        let mut entry = json!({
            "Source": "quaestor", "DetailType": "Run", "Detail": "{\"rows\":3}",
            "EventBusName": "runs",
        });
        for (name, value) in change.as_object().unwrap() {
            entry[name] = value.clone();
        }
        entry
    }

    /// What the service answers to these entries, and how many events are on file then.
    async fn put(entries: Vec<Value>) -> (u16, Value, usize) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("events.jsonl");
        let bus = EventBus::open("runs", &file).unwrap();
        let body = json!({ "Entries": entries }).to_string();
        let request =
            ::http::Request::builder().header("x-amz-target", TARGET).body(body.into()).unwrap();
        let response = bus.handle(&request);
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        (status, serde_json::from_slice(&body).unwrap(), lines)
    }

    #[tokio::test]
    async fn what_is_published_is_on_file() {
        let (status, answer, lines) = put(vec![
            entry(json!({})),
            entry(json!({ "EventBusName": "arn:aws:events:us-east-1:0:event-bus/runs" })),
            entry(json!({ "Time": 1_795_327_200.5 })),
        ])
        .await;
        assert_eq!((status, lines, &answer["FailedEntryCount"]), (200, 3, &json!(0)), "{answer}");
        assert_eq!(answer["Entries"][2]["EventId"].as_str().unwrap().len(), 36);
    }

    #[tokio::test]
    async fn an_entry_fails_alone() {
        for (change, code) in [
            (json!({ "Source": null }), "InvalidArgument"),
            (json!({ "DetailType": "" }), "InvalidArgument"),
            (json!({ "Detail": null }), "InvalidArgument"),
            (json!({ "Detail": "[1]" }), "MalformedDetail"),
            (json!({ "Detail": "{" }), "MalformedDetail"),
            (json!({ "Source": "aws.s3" }), "NotAuthorizedForSourceException"),
            (json!({ "EventBusName": "other" }), "InvalidArgument"),
        ] {
            let (status, answer, lines) = put(vec![entry(change.clone()), entry(json!({}))]).await;
            assert_eq!((status, lines), (200, 1), "{change}");
            assert_eq!(answer["FailedEntryCount"], 1, "{change}");
            assert_eq!(answer["Entries"][0]["ErrorCode"], code, "{change}: {answer}");
            assert!(answer["Entries"][1]["EventId"].is_string(), "{change}: {answer}");
        }
    }

    #[tokio::test]
    async fn limits_of_event_bridge() {
        let long = |bytes: usize| {
            entry(json!({ "Detail": format!("{{\"a\":\"{}\"}}", "x".repeat(bytes)) }))
        };
        let rest = "quaestorRun{\"a\":\"\"}".len();
        for (entries, status) in [
            (vec![], 400),
            (vec![entry(json!({})); 10], 200),
            (vec![entry(json!({})); 11], 400),
            (vec![long(MAX_REQUEST_BYTES - rest)], 200),
            (vec![long(MAX_REQUEST_BYTES - rest + 1)], 400),
        ] {
            let count = entries.len();
            let (answered, answer, lines) = put(entries).await;
            assert_eq!(answered, status, "{count} entries: {answer}");
            assert_eq!(lines, if status == 200 { count } else { 0 });
        }
    }
}
