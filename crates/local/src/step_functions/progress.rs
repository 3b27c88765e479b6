//! What happens in an execution, for who waits for it.

use std::sync::{Arc, Mutex, PoisonError};

use states::{Event, History};
use tokio::sync::broadcast;

use super::record::{Execution, Status};

/// One step of an execution or of one of its children.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// The execution's name.
    pub execution: String,
    /// The child execution's name, if it is a child's step.
    pub child: Option<String>,
    /// What happened.
    pub step: Step,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// It started.
    Started {
        /// Its input, JSON text: for a child, its item.
        input: String,
    },
    /// It entered a state.
    Entered {
        /// The state's name.
        state: String,
    },
    /// A Map Run knows its items.
    MapRunStarted {
        /// How many children there will be.
        item_count: usize,
    },
    /// It closed.
    Ended {
        /// How.
        status: Status,
    },
}

/// Puts events where they belong: the execution's own into its history, all of them into the
/// progress.
pub(super) struct Recorder {
    name: String,
    execution: Arc<Mutex<Execution>>,
    progress: broadcast::Sender<Progress>,
}

impl Recorder {
    pub(super) fn new(
        name: &str,
        execution: Arc<Mutex<Execution>>,
        progress: broadcast::Sender<Progress>,
    ) -> Self {
        Self { name: name.to_owned(), execution, progress }
    }

    /// The execution has closed, and its record is written.
    pub(super) fn ended(&self, status: Status) {
        self.tell(None, Step::Ended { status });
    }

    fn tell(&self, child: Option<String>, step: Step) {
        // An error means that nobody listens.
        let _ = self.progress.send(Progress { execution: self.name.clone(), child, step });
    }
}

impl History for Recorder {
    fn record(&self, execution: &states::Execution, event: &Event) {
        let child = execution.map_run_arn.is_some().then(|| execution.name.clone());
        if child.is_none() {
            match serde_json::to_value(event) {
                Ok(event) => self
                    .execution
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .history
                    .push(event),
                Err(error) => tracing::error!(%error, "failed to keep an event"),
            }
        }
        if let Some(step) = step(event, child.is_some()) {
            self.tell(child, step);
        }
    }

    fn map_run_started(&self, _: &states::Execution, _: &str, item_count: usize) {
        self.tell(None, Step::MapRunStarted { item_count });
    }
}

/// What an event means as progress. The end of the execution itself is told later, when its record
/// is written.
fn step(event: &Event, of_child: bool) -> Option<Step> {
    if let Some(state) = event.entered_state() {
        return Some(Step::Entered { state: state.to_owned() });
    }
    match event.kind {
        "ExecutionStarted" => {
            let input = event.details.as_ref()?["input"].as_str()?.to_owned();
            Some(Step::Started { input })
        }
        "ExecutionSucceeded" if of_child => Some(Step::Ended { status: Status::Succeeded }),
        "ExecutionFailed" if of_child => Some(Step::Ended { status: Status::Failed }),
        "ExecutionAborted" if of_child => Some(Step::Ended { status: Status::Aborted }),
        "ExecutionTimedOut" if of_child => Some(Step::Ended { status: Status::TimedOut }),
        _ => None,
    }
}
