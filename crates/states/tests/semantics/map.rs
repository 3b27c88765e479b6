//! Map states in the Inline mode.

use serde_json::{Value, json};
use states::Outcome;

use crate::world::{LAMBDA, Reply, Report, failed, flow, run};

/// A Map with these further fields whose iterations each run one task.
fn map(mut fields: Value) -> Value {
    fields["Type"] = json!("Map");
    fields["ItemProcessor"] = json!({
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

/// A task that takes as many seconds as its input says, gives that back, and fails on a string.
fn work(parameters: &Value, _: usize) -> Reply {
    match parameters.as_u64() {
        Some(seconds) => Reply::Late(seconds, Box::new(Reply::Gives(parameters.clone()))),
        None if parameters.is_string() => Reply::Fails("broken"),
        None => Reply::Gives(parameters.clone()),
    }
}

fn check(fields: Value, input: Value, expected: Value) -> Report {
    let report = run(&map(fields), input, work);
    assert_eq!(report.outcome, Outcome::Succeeded(expected));
    report
}

#[test]
fn items() {
    check(json!({}), json!([3, 1, 2]), json!([3, 1, 2]));
    check(json!({}), json!([]), json!([]));
    check(json!({"ItemsPath": "$.a.b"}), json!({"a": {"b": [1]}}), json!([1]));
    check(
        json!({
            "InputPath": "$.in",
            "ItemsPath": "$.items",
            "ItemSelector": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value.x", "k.$": "$.k"},
            "ResultPath": "$.out",
        }),
        json!({"in": {"items": [{"x": 7}], "k": true}}),
        json!({"in": {"items": [{"x": 7}], "k": true}, "out": [{"i": 0, "v": 7, "k": true}]}),
    );
    check(
        json!({"ResultSelector": {"n.$": "States.ArrayLength($)"}}),
        json!([1, 1]),
        json!({"n": 2}),
    );
}

#[test]
fn what_is_no_array() {
    let report = run(&map(json!({"ItemsPath": "$.a"})), json!({"a": {}}), work);
    let (error, cause) = failed(&report.outcome);
    assert_eq!(error, "States.Runtime");
    assert!(cause.ends_with("Reference path \"$.a\" must point to array."), "{cause}");
}

#[test]
fn concurrency_is_bounded() {
    for (max_concurrency, starts) in
        [(1, [0.0, 4.0, 6.0, 9.0]), (2, [0.0, 0.0, 2.0, 4.0]), (0, [0.0; 4])]
    {
        let report = check(
            json!({"MaxConcurrency": max_concurrency}),
            json!([4, 2, 3, 1]),
            json!([4, 2, 3, 1]),
        );
        assert_eq!(report.times("MapIterationStarted"), starts, "{max_concurrency}");
    }
    let report = check(json!({}), json!(vec![1; 41]), json!(vec![1; 41]));
    assert_eq!(report.times("MapIterationStarted")[39..], [0.0, 1.0]);
}

#[test]
fn one_failure_fails_the_map() {
    let report = run(&map(json!({})), json!([5, "bad", 9]), work);
    assert_eq!(failed(&report.outcome), ("broken", "because"));
    let kinds: Vec<_> = report.own().map(|event| event.kind).collect();
    let end = [
        "MapIterationFailed",
        "MapIterationAborted",
        "MapIterationAborted",
        "MapStateFailed",
        "ExecutionFailed",
    ];
    assert_eq!(kinds[kinds.len() - 5..], end);
}

#[test]
fn maps_retry_and_catch() {
    let report = run(
        &map(json!({
            "Retry": [{"ErrorEquals": ["broken"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "Caught"}],
            "ItemsPath": "$.items",
        })),
        json!({"items": ["bad"]}),
        work,
    );
    let expected = json!({"items": ["bad"], "e": {"Error": "broken", "Cause": "because"}});
    assert_eq!(report.outcome, Outcome::Succeeded(expected));
    assert_eq!(report.times("MapStateStarted"), [0.0, 1.0]);
}
