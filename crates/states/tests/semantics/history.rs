//! The events of an execution, in the order and shape that were recorded from AWS.

use serde_json::{Value, json};

use crate::world::{LAMBDA, Reply, failed, flow, run};

#[test]
fn a_task_that_is_retried_and_caught() {
    let definition = flow(json!({
        "A": {
            "Type": "Task",
            "Resource": LAMBDA,
            "Parameters": {"FunctionName": "f"},
            "TimeoutSeconds": 5,
            "Retry": [{"ErrorEquals": ["e"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}],
            "Next": "B",
        },
        "B": {"Type": "Pass", "End": true},
    }));
    let report = run(&definition, json!({"k": 1}), |_, _| Reply::Fails("e"));
    assert_eq!(
        report.lines(),
        [
            "1 <- 0 ExecutionStarted",
            "2 <- 0 TaskStateEntered",
            "3 <- 2 TaskScheduled",
            "4 <- 3 TaskStarted",
            "5 <- 4 TaskFailed",
            "6 <- 5 TaskScheduled",
            "7 <- 6 TaskStarted",
            "8 <- 7 TaskFailed",
            "9 <- 8 TaskStateExited",
            "10 <- 9 PassStateEntered",
            "11 <- 10 PassStateExited",
            "12 <- 11 ExecutionSucceeded",
        ]
    );
    let shapes: Vec<Value> = report.own().take(5).map(|event| json!(event)).collect();
    assert_eq!(
        shapes,
        [
            json!({
                "id": 1, "previousEventId": 0, "timestamp": 1_795_327_200.0, "type": "ExecutionStarted",
                "executionStartedEventDetails": {"input": "{\"k\":1}", "inputDetails": {"truncated": false}},
            }),
            json!({
                "id": 2, "previousEventId": 0, "timestamp": 1_795_327_200.0, "type": "TaskStateEntered",
                "stateEnteredEventDetails": {"name": "A", "input": "{\"k\":1}", "inputDetails": {"truncated": false}},
            }),
            json!({
                "id": 3, "previousEventId": 2, "timestamp": 1_795_327_200.0, "type": "TaskScheduled",
                "taskScheduledEventDetails": {
                    "parameters": "{\"FunctionName\":\"f\"}", "region": "us-east-1",
                    "resource": "invoke", "resourceType": "lambda", "timeoutInSeconds": 5,
                },
            }),
            json!({
                "id": 4, "previousEventId": 3, "timestamp": 1_795_327_200.0, "type": "TaskStarted",
                "taskStartedEventDetails": {"resource": "invoke", "resourceType": "lambda"},
            }),
            json!({
                "id": 5, "previousEventId": 4, "timestamp": 1_795_327_200.0, "type": "TaskFailed",
                "taskFailedEventDetails": {
                    "error": "e", "cause": "because", "resource": "invoke", "resourceType": "lambda",
                },
            }),
        ]
    );
}

#[test]
fn every_other_state() {
    let definition = flow(json!({
        "A": {"Type": "Choice", "Choices": [{"Variable": "$.k", "IsPresent": true, "Next": "B"}], "Default": "D"},
        "B": {"Type": "Wait", "Seconds": 1, "Next": "C"},
        "C": {"Type": "Succeed"},
        "D": {"Type": "Fail", "Error": "E"},
    }));
    let kinds = |input: Value| -> Vec<&str> {
        let report = run(&definition, input, |_, _| Reply::Fails("none"));
        report.own().map(|event| event.kind).collect()
    };
    assert_eq!(
        kinds(json!({"k": 1})),
        [
            "ExecutionStarted",
            "ChoiceStateEntered",
            "ChoiceStateExited",
            "WaitStateEntered",
            "WaitStateExited",
            "SucceedStateEntered",
            "SucceedStateExited",
            "ExecutionSucceeded",
        ]
    );
    assert_eq!(
        kinds(json!({})),
        [
            "ExecutionStarted",
            "ChoiceStateEntered",
            "ChoiceStateExited",
            "FailStateEntered",
            "ExecutionFailed"
        ]
    );
}

/// A Map whose second item fails, with a concurrency of 1: the order of the recording of a "break" in a Map.
#[test]
fn iterations() {
    let definition = flow(json!({
        "A": {
            "Type": "Map",
            "MaxConcurrency": 1,
            "ItemProcessor": {
                "StartAt": "B",
                "States": {
                    "B": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 3, "Next": "C"}], "Default": "D"},
                    "C": {"Type": "Fail", "Error": "E"},
                    "D": {"Type": "Succeed"},
                },
            },
            "End": true,
        },
    }));
    let report = run(&definition, json!([1, 3]), |_, _| Reply::Fails("none"));
    assert_eq!(
        report.lines(),
        [
            "1 <- 0 ExecutionStarted",
            "2 <- 0 MapStateEntered",
            "3 <- 2 MapStateStarted",
            "4 <- 3 MapIterationStarted",
            "5 <- 4 ChoiceStateEntered",
            "6 <- 5 ChoiceStateExited",
            "7 <- 6 SucceedStateEntered",
            "8 <- 7 SucceedStateExited",
            "9 <- 8 MapIterationSucceeded",
            "10 <- 8 MapIterationStarted",
            "11 <- 10 ChoiceStateEntered",
            "12 <- 11 ChoiceStateExited",
            "13 <- 12 FailStateEntered",
            "14 <- 13 MapIterationFailed",
            "15 <- 13 MapStateFailed",
            "16 <- 15 ExecutionFailed",
        ]
    );
}

#[test]
fn a_history_has_a_limit() {
    let definition = flow(json!({
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Choice", "Choices": [{"Variable": "$.k", "IsPresent": true, "Next": "C"}], "Default": "A"},
        "C": {"Type": "Succeed"},
    }));
    let report = run(&definition, json!({}), |_, _| Reply::Fails("none"));
    let (error, cause) = failed(&report.outcome);
    assert_eq!(error, "States.Runtime");
    assert_eq!(cause, "The execution reached the maximum number of history events (25000).");
    assert_eq!(report.lines().last().unwrap(), "25000 <- 24999 ExecutionFailed");
}
