//! Map states in the Distributed mode: children, tolerance, readers and writers.

use serde_json::{Value, json};
use states::Outcome;

use crate::world::{LAMBDA, Reply, Report, failed, flow, run_with_objects};

const MAP_RUN: &str = "arn:aws:states:us-east-1:000000000000:mapRun:machine/Each:00000000-0000-0000-0000-000000000001";

/// A Map with these further fields, each of whose children runs one task on its context and input.
fn map(mut fields: Value) -> Value {
    fields["Type"] = json!("Map");
    fields["Label"] = json!("Each");
    fields["ItemProcessor"] = json!({
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Work",
        "States": {"Work": {"Type": "Task", "Resource": LAMBDA, "End": true}},
    });
    fields["End"] = json!(true);
    let mut states = json!({"A": fields});
    if states["A"].get("Catch").is_some() {
        states["Caught"] = json!({"Type": "Succeed"});
    }
    flow(states)
}

fn reader(input_type: &str) -> Value {
    json!({
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": input_type},
        "Parameters": {"Bucket": "b", "Key.$": "$.key"},
    })
}

fn writer() -> Value {
    json!({
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "out", "Prefix.$": "States.Format('runs/{}', $$.Execution.Name)"},
    })
}

/// A task that takes as many seconds as its input says, gives that back, and fails on a string.
fn work(parameters: &Value, _: usize) -> Reply {
    match parameters {
        Value::String(_) => Reply::Fails("broken"),
        Value::Number(seconds) => {
            Reply::Late(seconds.as_u64().unwrap(), Box::new(Reply::Gives(parameters.clone())))
        }
        _ => Reply::Gives(parameters.clone()),
    }
}

fn run(fields: Value, input: Value, objects: &[(&str, &str)]) -> Report {
    run_with_objects(&map(fields), input, objects, work)
}

#[test]
fn children_give_their_outputs_in_order() {
    let report = run(json!({"MaxConcurrency": 2}), json!([3, 1, 1]), &[]);
    assert_eq!(report.outcome, Outcome::Succeeded(json!([3, 1, 1])));
    assert_eq!(report.map_runs, [3]);
    assert_eq!(
        report.lines(),
        [
            "1 <- 0 ExecutionStarted",
            "2 <- 0 MapStateEntered",
            "3 <- 2 MapStateStarted",
            "4 <- 3 MapRunStarted",
            "5 <- 4 MapRunSucceeded",
            "6 <- 5 MapStateSucceeded",
            "7 <- 5 MapStateExited",
            "8 <- 7 ExecutionSucceeded",
        ]
    );
    let children = report.events.iter().filter(|(execution, _)| execution.map_run_arn.is_some());
    let of_last: Vec<_> = children
        .filter(|(execution, _)| execution.name.ends_with('4'))
        .map(|(execution, event)| {
            assert_eq!(execution.map_run_arn.as_deref(), Some(MAP_RUN));
            assert_eq!(
                execution.arn,
                "arn:aws:states:us-east-1:000000000000:execution:machine/Each:00000000-0000-0000-0000-000000000004"
            );
            (event.id, event.kind, event.entered_state())
        })
        .collect();
    assert_eq!(
        of_last,
        [
            (1, "ExecutionStarted", None),
            (2, "TaskStateEntered", Some("Work")),
            (3, "TaskScheduled", None),
            (4, "TaskStarted", None),
            (5, "TaskSucceeded", None),
            (6, "TaskStateExited", None),
            (7, "ExecutionSucceeded", None),
        ]
    );
}

#[test]
fn a_child_has_a_context_of_its_own() {
    let mut machine = map(json!({"ItemSelector": {"n.$": "$$.Map.Item.Index"}}));
    machine["States"]["A"]["ItemProcessor"]["States"]["Work"]["Parameters"] = json!({
        "name.$": "$$.Execution.Name",
        "input.$": "$$.Execution.Input",
        "machine.$": "$$.StateMachine.Name",
    });
    let report = run_with_objects(&machine, json!([true]), &[], work);
    let expected = json!([{
        "name": "00000000-0000-0000-0000-000000000002",
        "input": {"n": 0},
        "machine": "machine/Each",
    }]);
    assert_eq!(report.outcome, Outcome::Succeeded(expected));
}

#[test]
fn readers() {
    let check = |input_type: &str, max_items: u64, body: &str, expected: Value| {
        let mut reader = reader(input_type);
        reader["ReaderConfig"]["MaxItems"] = json!(max_items);
        let report = run(json!({"ItemReader": reader}), json!({"key": "k"}), &[("b/k", body)]);
        assert_eq!(report.outcome, Outcome::Succeeded(expected), "{body}");
    };
    check("JSON", 0, "[true, {\"a\": 1}]", json!([true, {"a": 1}]));
    check("JSON", 1, "[true, false]", json!([true]));
    check("JSONL", 0, "{\"a\": 1}\n\n[2]\r\n", json!([{"a": 1}, [2]]));
    check("JSONL", 1, "true\nfalse", json!([true]));
    check("JSONL", 0, "", json!([]));

    let check_failure = |input_type: &str, key: &str, body: &str, cause: &str| {
        let fields = json!({"ItemReader": reader(input_type)});
        let report = run(fields, json!({"key": key}), &[("b/k", body)]);
        let (error, found) = failed(&report.outcome);
        assert_eq!(error, "States.ItemReaderFailed");
        assert!(found.starts_with(cause), "{found}");
        let kinds: Vec<_> = report.own().skip(3).map(|event| event.kind).collect();
        assert_eq!(kinds, ["MapRunStarted", "MapRunFailed", "MapStateFailed", "ExecutionFailed"]);
    };
    check_failure("JSON", "k", "{}", "Attempting to map over non-iterable node.");
    check_failure("JSON", "k", "[", "`k` is not JSON: ");
    check_failure("JSONL", "k", "1\n{", "line 2 of `k` is not JSON: ");
    check_failure("JSONL", "other", "1", "NoSuchKey");
}

#[test]
fn tolerance() {
    let check = |limits: Value, items: Value, is_tolerated: bool| {
        let mut fields = limits.clone();
        fields["ResultWriter"] = writer();
        let report = run(fields, items.clone(), &[]);
        match report.outcome {
            Outcome::Succeeded(_) => assert!(is_tolerated, "{limits} {items}"),
            other => {
                let expected = (
                    "States.ExceedToleratedFailureThreshold",
                    "The specified tolerated failure threshold was exceeded",
                );
                assert_eq!(failed(&other), expected);
                assert!(!is_tolerated, "{limits} {items}");
            }
        }
    };
    for (limits, items, is_tolerated) in [
        (json!({}), json!([true, "bad"]), false),
        (json!({}), json!([true]), true),
        (json!({"ToleratedFailureCount": 1}), json!(["bad", true]), true),
        (json!({"ToleratedFailureCount": 1}), json!(["bad", "bad"]), false),
        (json!({"ToleratedFailurePercentage": 50}), json!(["bad", true]), true),
        (json!({"ToleratedFailurePercentage": 49.9}), json!(["bad", true]), false),
        (json!({"ToleratedFailurePercentage": 100}), json!(["bad", "bad"]), true),
        (
            json!({"ToleratedFailurePercentage": 100, "ToleratedFailureCount": 0}),
            json!(["bad"]),
            false,
        ),
    ] {
        check(limits, items, is_tolerated);
    }
}

#[test]
fn writers() {
    let fields = json!({
        "ToleratedFailurePercentage": 100,
        "ResultWriter": writer(),
        "ResultPath": "$.map",
        "ItemsPath": "$.items",
    });
    let report = run(fields, json!({"items": [{"id": 1}, "bad", {"id": 2}]}), &[]);
    let folder = "runs/test/00000000-0000-0000-0000-000000000001";
    let Outcome::Succeeded(output) = &report.outcome else { panic!("{:?}", report.outcome) };
    assert_eq!(
        output["map"],
        json!({
            "MapRunArn": MAP_RUN,
            "ResultWriterDetails": {"Bucket": "out", "Key": format!("{folder}/manifest.json")},
        })
    );
    let object = |name: &str| &report.objects[&format!("out/{folder}/{name}")];
    let size = |name: &str| object(name).to_string().len();
    assert_eq!(
        object("manifest.json"),
        &json!({
            "DestinationBucket": "out",
            "MapRunArn": MAP_RUN,
            "ResultFiles": {
                "FAILED": [{"Key": format!("{folder}/FAILED_0.json"), "Size": size("FAILED_0.json")}],
                "PENDING": [],
                "SUCCEEDED": [{"Key": format!("{folder}/SUCCEEDED_0.json"), "Size": size("SUCCEEDED_0.json")}],
            },
        })
    );
    assert_eq!(report.objects.len(), 3);
    assert_eq!(
        object("SUCCEEDED_0.json")[1],
        json!({
            "ExecutionArn": "arn:aws:states:us-east-1:000000000000:execution:machine/Each:00000000-0000-0000-0000-000000000004",
            "Input": "{\"id\":2}",
            "InputDetails": {"Included": true},
            "Name": "00000000-0000-0000-0000-000000000004",
            "Output": "{\"id\":2}",
            "OutputDetails": {"Included": true},
            "RedriveCount": 0,
            "RedriveStatus": "NOT_REDRIVABLE",
            "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
            "StartDate": "2026-11-22T06:00:00.000Z",
            "StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:machine/Each",
            "Status": "SUCCEEDED",
            "StopDate": "2026-11-22T06:00:00.000Z",
        })
    );
    assert_eq!(
        object("FAILED_0.json"),
        &json!([{
            "Cause": "because",
            "Error": "broken",
            "ExecutionArn": "arn:aws:states:us-east-1:000000000000:execution:machine/Each:00000000-0000-0000-0000-000000000003",
            "Input": "\"bad\"",
            "InputDetails": {"Included": true},
            "Name": "00000000-0000-0000-0000-000000000003",
            "OutputDetails": {"Included": true},
            "RedriveCount": 0,
            "RedriveStatus": "REDRIVABLE_BY_MAP_RUN",
            "StartDate": "2026-11-22T06:00:00.000Z",
            "StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:machine/Each",
            "Status": "FAILED",
            "StopDate": "2026-11-22T06:00:00.000Z",
        }])
    );
}

#[test]
fn a_map_that_fails_writes_what_it_has() {
    let fields = json!({"MaxConcurrency": 2, "ResultWriter": writer()});
    let report = run(fields, json!([true, 60, "bad", true, true]), &[]);
    assert_eq!(failed(&report.outcome).0, "States.ExceedToleratedFailureThreshold");
    let folder = "out/runs/test/00000000-0000-0000-0000-000000000001";
    let statuses = |file: &str| -> Vec<(String, String)> {
        let records = report.objects[&format!("{folder}/{file}")].as_array().unwrap();
        let text = |record: &Value, key: &str| record[key].as_str().unwrap().to_owned();
        records.iter().map(|record| (text(record, "Input"), text(record, "Status"))).collect()
    };
    let pair = |input: &str, status: &str| (input.to_owned(), status.to_owned());
    assert_eq!(statuses("SUCCEEDED_0.json"), [pair("true", "SUCCEEDED")]);
    assert_eq!(statuses("FAILED_0.json"), [pair("60", "ABORTED"), pair("\"bad\"", "FAILED")]);
    assert_eq!(statuses("PENDING_0.json"), [pair("true", "PENDING"), pair("true", "PENDING")]);
    let aborted = report.events.iter().filter(|(_, event)| event.kind == "ExecutionAborted");
    assert_eq!(aborted.count(), 1);
}

#[test]
fn an_empty_map_writes_a_manifest() {
    let report = run(
        json!({"ItemReader": reader("JSONL"), "ResultWriter": writer()}),
        json!({"key": "k"}),
        &[("b/k", "")],
    );
    assert!(matches!(report.outcome, Outcome::Succeeded(_)), "{:?}", report.outcome);
    let manifest = report.objects.values().next().unwrap();
    assert_eq!(manifest["ResultFiles"], json!({"FAILED": [], "PENDING": [], "SUCCEEDED": []}));
    assert_eq!(report.objects.len(), 1);
}

#[test]
fn a_writer_that_fails_fails_the_map() {
    let mut closed = writer();
    closed["Parameters"]["Bucket"] = json!("closed");
    let fields = json!({
        "ResultWriter": closed,
        "Catch": [{"ErrorEquals": ["States.ResultWriterFailed"], "Next": "Caught"}],
    });
    let report = run(fields, json!([true]), &[]);
    let expected = json!({"Error": "States.ResultWriterFailed", "Cause": "AccessDenied"});
    assert_eq!(report.outcome, Outcome::Succeeded(expected));
}

#[test]
fn an_item_over_the_limit_fails_alone() {
    let fields = json!({
        "ItemReader": reader("JSON"),
        "ToleratedFailureCount": 1,
        "ResultWriter": writer(),
    });
    let body = json!([{"a": "x".repeat(256 * 1024)}, true]).to_string();
    let report = run(fields, json!({"key": "k"}), &[("b/k", &body)]);
    assert!(matches!(report.outcome, Outcome::Succeeded(_)), "{:?}", report.outcome);
    let failed = report.objects.iter().find(|(key, _)| key.ends_with("FAILED_0.json")).unwrap().1;
    assert_eq!(failed[0]["Error"], "States.DataLimitExceeded");
}

#[test]
fn time_outs_of_the_machine_stop_the_children() {
    let mut machine = map(json!({}));
    machine["TimeoutSeconds"] = json!(30);
    let report = run_with_objects(&machine, json!([10, 60]), &[], work);
    assert_eq!(report.outcome, Outcome::TimedOut);
    assert_eq!(report.times("ExecutionSucceeded"), [10.0]);
}
