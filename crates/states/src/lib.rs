//! An interpreter of a strict subset of the Amazon States Language: the local stand-in for AWS Step Functions.
//!
//! A definition is either run as AWS runs it or refused when it is loaded. Whatever is not in the table below (a field,
//! a state type, an intrinsic function, a resource, a path expression) is a [`LoadError`] that names the state and the
//! field; all of a definition's errors are reported at once. So a machine that loads here does on AWS what it did here.
//!
//! The crate knows nothing of HTTP, S3 or Lambda, of clocks or of an async runtime. Its effects go through two ports:
//! [`Environment`] (tasks, objects, time, chance) and [`History`] (events, as they happen). The future that
//! [`StateMachine::run`] returns runs everything, Maps included, within itself: to stop an execution, drop it.
//!
//! ```
//! use states::{StateMachine, SupportedResources};
//!
//! let definition = r#"{"StartAt": "Ask", "States": {"Ask": {
//!     "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "HeartbeatSeconds": 5, "End": true
//! }}}"#;
//! let resources = SupportedResources::from_iter(["arn:aws:states:::lambda:invoke"]);
//! let errors = StateMachine::load(definition, &resources).unwrap_err();
//! assert_eq!(
//!     errors.0[0].to_string(),
//!     "/States/Ask/HeartbeatSeconds: state `Ask`: field `HeartbeatSeconds` is not supported",
//! );
//! ```
//!
//! # What is supported
//!
//! | part | supported |
//! |---|---|
//! | machine | `Comment`, `StartAt`, `States`, `TimeoutSeconds`, `Version` `1.0`, `QueryLanguage` `JSONPath` |
//! | every state but Fail | `InputPath`, `OutputPath` (`null` too) |
//! | Task | `Resource` (of [`SupportedResources`]), `Parameters`, `TimeoutSeconds`, `ResultSelector`, `ResultPath`, `Retry`, `Catch` |
//! | Pass | `Result`, `Parameters`, `ResultPath` |
//! | Choice | `And`, `Or`, `Not`; `IsPresent`, `IsNull`, `IsString`, `IsNumeric`, `IsBoolean`; `StringMatches`; `StringEquals`, `BooleanEquals`, `NumericEquals`, `NumericLessThan`, `NumericLessThanEquals`, `NumericGreaterThan`, `NumericGreaterThanEquals`, each with its `…Path`; `Default` |
//! | Wait | `Seconds` |
//! | Succeed | |
//! | Fail | `Error`, `Cause`, `ErrorPath`, `CausePath` |
//! | Map, both modes | `ItemProcessor`, `ItemsPath`, `ItemSelector`, `MaxConcurrency`, `ResultSelector`, `ResultPath`, `Retry`, `Catch` |
//! | Map, Mode `DISTRIBUTED` | ExecutionType `STANDARD`, `Label`, `ItemReader` (`s3:getObject` of `JSON` or `JSONL`, `MaxItems`), `ToleratedFailureCount`, `ToleratedFailurePercentage`, `ResultWriter` (`s3:putObject`; `Bucket`, `Prefix`) |
//! | Retry | `ErrorEquals`, `IntervalSeconds`, `MaxAttempts`, `BackoffRate`, `MaxDelaySeconds`, `JitterStrategy` |
//! | Catch | `ErrorEquals`, `ResultPath`, `Next` |
//! | paths | `$` and `$$`, names (`.a`, `['a']`) and indexes (`[0]`); a ResultPath has names only |
//! | context object | `Execution.Id`, `.Name`, `.Input`, `.StartTime`; `State.Name`, `.EnteredTime`, `.RetryCount`; `StateMachine.Id`, `.Name`; in an ItemSelector `Map.Item.Index`, `.Value` |
//! | intrinsic functions | `States.Format` (the template a literal), `States.JsonToString`, `States.StringToJson`, `States.ArrayLength`, `States.MathAdd`, `States.Array` |
//! | limits | 256 KiB a payload, 25,000 events an execution, 1 MiB a definition |
//!
//! # What is deliberately absent
//!
//! - Parallel, activities, `.sync` and `.waitForTaskToken`, `HeartbeatSeconds`, variables (`Assign`) and JSONata.
//! - Timestamps in Choice and Wait, and every `…Path` that stands for a number (`TimeoutSecondsPath`, `MaxConcurrencyPath`).
//! - Wildcards, slices and filters in paths, since their results have rules of their own.
//! - EXPRESS children, `ItemBatcher`, `WriterConfig`, CSV, manifests and listings as items; the former names `Iterator` and
//!   (of a Map) `Parameters`; a Map that tolerates failures without a ResultWriter.
//! - `States.Runtime` in `ErrorEquals`, since nothing stops it, and `States.ParameterPathFailure`, which AWS documents but
//!   does not raise: a path that finds nothing is `States.Runtime` there and here.
//!
//! # What AWS does, and how it is known
//!
//! The order and the details of events, the wording of causes, rounding in `States.MathAdd` and the files of a
//! ResultWriter follow recordings of the real service and its Developer Guide. Three points are stricter than, or
//! unconfirmed against, the service:
//!
//! - `States.ALL` does not catch `States.DataLimitExceeded`, as the Developer Guide has it.
//! - A Map over no items succeeds; with an `ItemReader` this is unconfirmed.
//! - The fields of a child that was never started (`PENDING_0.json`) are unconfirmed beyond `Input` and `Status`.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

mod choice;
mod definition;
mod environment;
mod error;
mod execution;
mod history;
mod intrinsic;
mod load;
mod path;
mod retry;
mod run;
mod template;

pub use environment::{Environment, ObjectError, TaskError};
pub use error::{Failure, LoadError, LoadErrors};
pub use execution::{Execution, InvalidArn};
pub use history::{Event, History};

/// A state machine that loaded.
#[derive(Debug, Clone)]
pub struct StateMachine {
    flow: definition::Flow,
    timeout: Option<Duration>,
}

impl StateMachine {
    /// Reads a definition, its placeholders filled. `resources` are those that the [`Environment`] can invoke.
    pub fn load(text: &str, resources: &SupportedResources) -> Result<Self, LoadErrors> {
        load::load(text, resources).map(|(flow, timeout)| Self { flow, timeout })
    }

    /// Runs one execution to its end. `input` is at most 256 KiB, as StartExecution has it; a longer one fails.
    pub async fn run<E: Environment, H: History>(
        &self,
        execution: Execution,
        input: Value,
        environment: &E,
        history: &H,
    ) -> Outcome {
        let run = run::Run::new(environment, history, execution);
        run.execute(&self.flow, input, self.timeout).await
    }
}

/// The resources that a Task may have: `arn:aws:states:::lambda:invoke` and its like.
#[derive(Debug, Clone, Default)]
pub struct SupportedResources(BTreeSet<String>);

impl SupportedResources {
    fn contains(&self, resource: &str) -> bool {
        self.0.contains(resource)
    }
}

impl<S: Into<String>> FromIterator<S> for SupportedResources {
    fn from_iter<I: IntoIterator<Item = S>>(resources: I) -> Self {
        Self(resources.into_iter().map(Into::into).collect())
    }
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Status `SUCCEEDED`, with the output.
    Succeeded(Value),
    /// Status `FAILED`.
    Failed(Failure),
    /// Status `TIMED_OUT`: the machine's `TimeoutSeconds` passed.
    TimedOut,
}
