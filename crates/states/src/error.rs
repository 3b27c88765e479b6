//! What can be wrong with a machine at load, and with a state while it runs.

use std::fmt;

use serde_json::{Value, json};

pub(crate) const ALL: &str = "States.ALL";
pub(crate) const DATA_LIMIT_EXCEEDED: &str = "States.DataLimitExceeded";
pub(crate) const EXCEED_TOLERATED_FAILURE_THRESHOLD: &str =
    "States.ExceedToleratedFailureThreshold";
pub(crate) const INTRINSIC_FAILURE: &str = "States.IntrinsicFailure";
pub(crate) const ITEM_READER_FAILED: &str = "States.ItemReaderFailed";
pub(crate) const NO_CHOICE_MATCHED: &str = "States.NoChoiceMatched";
pub(crate) const RESULT_PATH_MATCH_FAILURE: &str = "States.ResultPathMatchFailure";
pub(crate) const RESULT_WRITER_FAILED: &str = "States.ResultWriterFailed";
pub(crate) const RUNTIME: &str = "States.Runtime";
pub(crate) const TASK_FAILED: &str = "States.TaskFailed";
pub(crate) const TIMEOUT: &str = "States.Timeout";

/// One thing that this interpreter does not accept in a definition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct LoadError {
    /// Where it is, as a JSON pointer (`/States/Ask/HeartbeatSeconds`).
    pub pointer: String,
    /// The innermost state around it, if any.
    pub state: Option<String>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            Some(state) => write!(f, "{}: state `{state}`: {}", self.pointer, self.message),
            None => write!(f, "{}: {}", self.pointer, self.message),
        }
    }
}

/// Everything that is wrong with a definition, in the order of its text's keys. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct LoadErrors(pub Vec<LoadError>);

impl fmt::Display for LoadErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the state machine is not supported")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

/// Why a state, and with it its execution, failed. A Fail state may leave out either part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("execution failed with `{}`", self.name())]
pub struct Failure {
    /// The error's name, as Retry and Catch match it.
    pub error: Option<String>,
    /// The cause, in words or as JSON text.
    pub cause: Option<String>,
}

impl Failure {
    pub(crate) fn new(error: &str, cause: impl Into<String>) -> Self {
        Self { error: Some(error.to_owned()), cause: Some(cause.into()) }
    }

    pub(crate) fn name(&self) -> &str {
        self.error.as_deref().unwrap_or_default()
    }

    /// What a Catch hands on: `{"Error", "Cause"}`.
    pub(crate) fn error_output(&self) -> Value {
        self.object("Error", "Cause")
    }

    /// What an event tells: `{"error", "cause"}`.
    pub(crate) fn details(&self) -> Value {
        self.object("error", "cause")
    }

    fn object(&self, error_key: &str, cause_key: &str) -> Value {
        let mut object = serde_json::Map::new();
        if let Some(error) = &self.error {
            object.insert(error_key.to_owned(), json!(error));
        }
        if let Some(cause) = &self.cause {
            object.insert(cause_key.to_owned(), json!(cause));
        }
        Value::Object(object)
    }
}

/// A failure inside a state, before it is known which state that was.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The interpreter's own finding; its cause will name the state and the event that entered it.
    Found { error: &'static str, message: String },
    /// A failure that stands as it is: a task's, or that of a state further in.
    Failed(Failure),
}

impl Fault {
    /// `States.Runtime`: the definition does not fit the data. Nothing retries or catches it.
    pub(crate) fn runtime(message: impl Into<String>) -> Self {
        Self::Found { error: RUNTIME, message: message.into() }
    }

    pub(crate) fn found(error: &'static str, message: impl Into<String>) -> Self {
        Self::Found { error, message: message.into() }
    }

    pub(crate) fn failed(error: &str, cause: impl Into<String>) -> Self {
        Self::Failed(Failure::new(error, cause))
    }

    /// The failure of `state`, entered at event `entered`, in the words of Step Functions.
    pub(crate) fn at(self, state: &str, entered: u64) -> Failure {
        match self {
            Self::Found { error, message } => Failure::new(
                error,
                format!(
                    "An error occurred while executing the state '{state}' (entered at the event id #{entered}). {message}"
                ),
            ),
            Self::Failed(failure) => failure,
        }
    }
}
