//! A state machine after loading: what `load` makes and `run` walks.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::choice::Choice;
use crate::path::{Path, ResultPath, Selection};
use crate::retry::{Catcher, Retrier};
use crate::template::{Expression, Template};

/// States and where to begin: the machine's own, or those of a Map. Every name in it leads to a state.
#[derive(Debug, Clone)]
pub(crate) struct Flow {
    pub(crate) start_at: String,
    pub(crate) states: BTreeMap<String, State>,
}

#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) name: String,
    pub(crate) input_path: Selection,
    pub(crate) output_path: Selection,
    /// None at an end, and in a Choice, which decides itself.
    pub(crate) next: Option<String>,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Task(Task),
    Map(Box<Map>),
    Pass(Pass),
    Choice(Choice),
    Wait(Duration),
    Succeed,
    Fail(Fail),
}

impl Kind {
    /// The types of the events when a state is entered and left. Nothing leaves a Fail state.
    pub(crate) fn events(&self) -> (&'static str, &'static str) {
        match self {
            Self::Task(_) => ("TaskStateEntered", "TaskStateExited"),
            Self::Map(_) => ("MapStateEntered", "MapStateExited"),
            Self::Pass(_) => ("PassStateEntered", "PassStateExited"),
            Self::Choice(_) => ("ChoiceStateEntered", "ChoiceStateExited"),
            Self::Wait(_) => ("WaitStateEntered", "WaitStateExited"),
            Self::Succeed => ("SucceedStateEntered", "SucceedStateExited"),
            Self::Fail(_) => ("FailStateEntered", ""),
        }
    }
}

/// What a Task and a Map do with their result and their errors.
#[derive(Debug, Clone)]
pub(crate) struct Handling {
    pub(crate) result_selector: Option<Template>,
    pub(crate) result_path: ResultPath,
    pub(crate) retry: Vec<Retrier>,
    pub(crate) catch: Vec<Catcher>,
}

#[derive(Debug, Clone)]
pub(crate) struct Task {
    /// `arn:aws:states:::<service>:<action>`.
    pub(crate) resource: String,
    pub(crate) parameters: Option<Template>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) handling: Handling,
}

#[derive(Debug, Clone)]
pub(crate) struct Pass {
    pub(crate) parameters: Option<Template>,
    pub(crate) result: Option<Value>,
    pub(crate) result_path: ResultPath,
}

#[derive(Debug, Clone)]
pub(crate) struct Fail {
    pub(crate) error: Option<Expression>,
    pub(crate) cause: Option<Expression>,
}

#[derive(Debug, Clone)]
pub(crate) struct Map {
    pub(crate) items: Items,
    pub(crate) item_selector: Option<Template>,
    /// 0 is as many as AWS allows.
    pub(crate) max_concurrency: usize,
    pub(crate) processor: Flow,
    pub(crate) mode: Mode,
    pub(crate) handling: Handling,
}

#[derive(Debug, Clone)]
pub(crate) enum Items {
    Path(Path),
    Reader(ItemReader),
}

#[derive(Debug, Clone)]
pub(crate) struct ItemReader {
    pub(crate) bucket: Expression,
    pub(crate) key: Expression,
    pub(crate) input_type: InputType,
    /// 0 is all of them.
    pub(crate) max_items: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputType {
    Json,
    JsonLines,
}

#[derive(Debug, Clone)]
pub(crate) enum Mode {
    Inline,
    Distributed(Box<Distributed>),
}

#[derive(Debug, Clone)]
pub(crate) struct Distributed {
    pub(crate) label: Option<String>,
    pub(crate) tolerance: Tolerance,
    pub(crate) result_writer: Option<ResultWriter>,
}

/// How many children may fail; by default none. Either limit counts if both are given.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tolerance {
    pub(crate) count: Option<u64>,
    pub(crate) percentage: Option<f64>,
}

impl Tolerance {
    pub(crate) fn is_exceeded(self, failed: usize, total: usize) -> bool {
        let over_percentage = |limit: f64| failed as f64 * 100.0 > limit * total as f64;
        match (self.count, self.percentage) {
            (None, None) => failed > 0,
            (count, percentage) => {
                count.is_some_and(|limit| failed as u64 > limit)
                    || percentage.is_some_and(over_percentage)
            }
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct ResultWriter {
    pub(crate) bucket: Expression,
    pub(crate) prefix: Expression,
}
