//! The history of executions: events as `GetExecutionHistory` gives them, handed on as they happen.

use jiff::Timestamp;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::Execution;

/// Takes the events of an execution and of the child executions of its Map Runs.
///
/// Called in the order of the events' ids, from within the run: it must not block.
/// A child has its own [`Execution`] (with `map_run_arn` set) and its own ids, and its first and last events are
/// `ExecutionStarted` and `ExecutionSucceeded`, `ExecutionFailed` or `ExecutionAborted`. Only when the execution above it
/// times out, or is dropped, does a child end without a last event.
pub trait History: Send + Sync {
    /// An event of `execution`.
    fn record(&self, execution: &Execution, event: &Event);

    /// A Map Run of `execution` has read its items and is about to start that many children.
    fn map_run_started(&self, execution: &Execution, map_run_arn: &str, item_count: usize) {
        let _ = (execution, map_run_arn, item_count);
    }
}

/// One event. It serializes to the shape of `GetExecutionHistory`.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Counts from 1 within one execution.
    pub id: u64,
    /// The event that led to this one, 0 for none.
    pub previous_event_id: u64,
    /// When it happened.
    pub timestamp: Timestamp,
    /// The type's name as AWS writes it (`TaskStateEntered`).
    pub kind: &'static str,
    /// What AWS puts under the key of the type's details; `input`, `output` and `parameters` are JSON text.
    pub details: Option<Value>,
}

impl Event {
    /// The name of the state that this event enters, for a display of where an execution is.
    pub fn entered_state(&self) -> Option<&str> {
        let details = self.details.as_ref().filter(|_| self.kind.ends_with("StateEntered"))?;
        details.get("name")?.as_str()
    }

    fn details_key(&self) -> String {
        if self.kind.ends_with("StateEntered") {
            "stateEnteredEventDetails".to_owned()
        } else if self.kind.ends_with("StateExited") {
            "stateExitedEventDetails".to_owned()
        } else {
            let (first, rest) = self.kind.split_at(1);
            format!("{}{rest}EventDetails", first.to_lowercase())
        }
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut event = serializer.serialize_map(None)?;
        event.serialize_entry("id", &self.id)?;
        event.serialize_entry("previousEventId", &self.previous_event_id)?;
        event.serialize_entry("timestamp", &(self.timestamp.as_millisecond() as f64 / 1000.0))?;
        event.serialize_entry("type", self.kind)?;
        if let Some(details) = &self.details {
            event.serialize_entry(&self.details_key(), details)?;
        }
        event.end()
    }
}
