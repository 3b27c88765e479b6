//! The context object, `$$`.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Execution;

/// The context object at the start of an execution.
pub(super) fn of(execution: &Execution, input: &Value, started: Timestamp) -> Value {
    json!({
        "Execution": {
            "Id": execution.arn,
            "Input": input,
            "Name": execution.name,
            "StartTime": time(started),
        },
        "State": {},
        "StateMachine": {
            "Id": execution.state_machine_arn,
            "Name": execution.state_machine_name(),
        },
    })
}

pub(super) fn enter(context: &mut Value, state: &str, entered: Timestamp) {
    context["State"] = json!({"EnteredTime": time(entered), "Name": state, "RetryCount": 0});
}

pub(super) fn retry(context: &mut Value, count: u64) {
    context["State"]["RetryCount"] = json!(count);
}

/// The context object for one item, in an ItemSelector.
pub(super) fn with_item(context: &Value, index: usize, item: &Value) -> Value {
    let mut context = context.clone();
    context["Map"] = json!({"Item": {"Index": index, "Value": item}});
    context
}

/// A time as Step Functions writes it: UTC, milliseconds.
pub(super) fn time(timestamp: Timestamp) -> String {
    format!("{timestamp:.3}")
}
