//! One execution under way: its events and their limit, its input's size, its time-out.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::{Either, select};
use serde_json::{Value, json};

use crate::definition::Flow;
use crate::environment::Environment;
use crate::error::{DATA_LIMIT_EXCEEDED, Fault, RUNTIME};
use crate::{Event, Execution, History, Outcome};

mod context;
mod distributed;
mod flow;
mod map;
mod results;
mod task;

/// The longest input, output or parameters, as JSON text in UTF-8.
const MAX_PAYLOAD_BYTES: usize = 256 * 1024;
/// The most events of a standard execution; the last is its end.
const MAX_EVENTS: u64 = 25_000;

/// An execution under way.
pub(crate) struct Run<'a, E, H> {
    environment: &'a E,
    history: &'a H,
    execution: Execution,
    event_count: AtomicU64,
}

/// Where one thread of an execution is in its history: the id of its last event.
struct Trail {
    last: u64,
}

impl<'a, E: Environment, H: History> Run<'a, E, H> {
    pub(crate) fn new(environment: &'a E, history: &'a H, execution: Execution) -> Self {
        Self { environment, history, execution, event_count: AtomicU64::new(0) }
    }

    pub(crate) async fn execute(
        &self,
        flow: &Flow,
        input: Value,
        timeout: Option<Duration>,
    ) -> Outcome {
        let started = self.environment.now();
        self.write(0, "ExecutionStarted", Some(input_details(&input)));
        let context = context::of(&self.execution, &input, started);
        // The first state's event names no event before it, as on AWS.
        let mut trail = Trail { last: 0 };
        let work = async {
            let outcome = match within_limit(&input, "The execution's input has") {
                Ok(()) => flow::run(self, flow, context, input, &mut trail).await,
                Err(fault) => Err(fault.at("", 0)),
            };
            outcome.map_or_else(Outcome::Failed, Outcome::Succeeded)
        };
        let outcome = match timeout {
            None => work.await,
            Some(timeout) => {
                match select(pin!(work), pin!(self.environment.sleep(timeout))).await {
                    Either::Left((outcome, _)) => outcome,
                    Either::Right(_) => Outcome::TimedOut,
                }
            }
        };
        match &outcome {
            Outcome::Succeeded(output) => {
                let details =
                    json!({"output": output.to_string(), "outputDetails": {"truncated": false}});
                self.close("ExecutionSucceeded", Some(details));
            }
            Outcome::Failed(failure) => self.close("ExecutionFailed", Some(failure.details())),
            Outcome::TimedOut => self.close("ExecutionTimedOut", None),
        }
        outcome
    }

    /// Writes an event that follows the trail's last and becomes it; gives its id.
    fn record(
        &self,
        trail: &mut Trail,
        kind: &'static str,
        details: impl Into<Option<Value>>,
    ) -> Result<u64, Fault> {
        trail.last = self.note(trail.last, kind, details)?;
        Ok(trail.last)
    }

    /// Writes an event beside the trail; gives its id.
    fn note(
        &self,
        previous: u64,
        kind: &'static str,
        details: impl Into<Option<Value>>,
    ) -> Result<u64, Fault> {
        if self.event_count.load(Ordering::Relaxed) + 1 >= MAX_EVENTS {
            let cause = format!(
                "The execution reached the maximum number of history events ({MAX_EVENTS})."
            );
            return Err(Fault::failed(RUNTIME, cause));
        }
        Ok(self.write(previous, kind, details.into()))
    }

    /// Writes the event that ends the execution, for which there is always room.
    fn close(&self, kind: &'static str, details: Option<Value>) {
        self.write(self.event_count.load(Ordering::Relaxed), kind, details);
    }

    fn write(&self, previous_event_id: u64, kind: &'static str, details: Option<Value>) -> u64 {
        let id = self.event_count.fetch_add(1, Ordering::Relaxed) + 1;
        let timestamp = self.environment.now();
        let event = Event { id, previous_event_id, timestamp, kind, details };
        self.history.record(&self.execution, &event);
        id
    }
}

fn input_details(input: &Value) -> Value {
    json!({"input": input.to_string(), "inputDetails": {"truncated": false}})
}

/// Checks the size of a payload; `what` begins the cause.
fn within_limit(payload: &Value, what: &str) -> Result<(), Fault> {
    if payload.to_string().len() <= MAX_PAYLOAD_BYTES {
        return Ok(());
    }
    let cause = format!("{what} a size exceeding the maximum number of bytes service limit.");
    Err(Fault::failed(DATA_LIMIT_EXCEEDED, cause))
}
