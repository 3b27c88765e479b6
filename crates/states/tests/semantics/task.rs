//! Tasks: what they are given, what becomes of their result, when they are tried again, what catches their errors.

use serde_json::{Value, json};
use states::Outcome;

use crate::world::{LAMBDA, Reply, Report, SNS, failed, flow, run};

/// A task with these further fields, and a state `Caught` for those that catch.
fn task(mut fields: Value) -> Value {
    fields["Type"] = json!("Task");
    fields["Resource"] = json!(LAMBDA);
    fields["End"] = json!(true);
    let mut states = json!({"A": fields});
    if states["A"].get("Catch").is_some() {
        states["Caught"] = json!({"Type": "Succeed"});
    }
    flow(states)
}

fn outcome(fields: Value, input: Value, reply: impl Fn() -> Reply + Send + Sync) -> Outcome {
    run(&task(fields), input, move |_, _| reply()).outcome
}

/// Fails with each of the errors in turn, then succeeds.
fn fails_with(fields: Value, errors: &[&'static str]) -> Report {
    run(&task(fields), json!({}), |_, earlier| match errors.get(earlier) {
        Some(error) => Reply::Fails(error),
        None => Reply::Gives(json!("done")),
    })
}

#[test]
fn results() {
    let given = json!({"ExecutedVersion": "$LATEST", "Payload": {"n": 1}, "StatusCode": 200});
    let check = |fields: Value, expected: Value| {
        let found = outcome(fields.clone(), json!({"k": 0}), || Reply::Gives(given.clone()));
        assert_eq!(found, Outcome::Succeeded(expected), "{fields}");
    };
    check(json!({}), given.clone());
    check(json!({"OutputPath": "$.Payload"}), json!({"n": 1}));
    check(json!({"ResultPath": null}), json!({"k": 0}));
    check(
        json!({"ResultSelector": {"m.$": "$.Payload.n", "s.$": "$$.State.Name"}, "ResultPath": "$.r"}),
        json!({"k": 0, "r": {"m": 1, "s": "A"}}),
    );
}

#[test]
fn parameters() {
    let echo = |parameters: &Value, _| Reply::Gives(parameters.clone());
    let fields = json!({"InputPath": "$.a", "Parameters": {"FunctionName": "f", "Payload.$": "$"}});
    let report = run(&task(fields), json!({"a": [1]}), echo);
    assert_eq!(report.outcome, Outcome::Succeeded(json!({"FunctionName": "f", "Payload": [1]})));
    let report = run(&task(json!({"InputPath": "$.a"})), json!({"a": [1]}), echo);
    assert_eq!(report.outcome, Outcome::Succeeded(json!([1])));
}

#[test]
fn retries_wait_as_they_should() {
    let check = |retry: Value, errors: &[&'static str], expected: &[f64]| {
        let report = fails_with(json!({"Retry": retry}), errors);
        assert_eq!(report.times("TaskScheduled"), expected, "{retry}");
        report.outcome
    };
    let done = Outcome::Succeeded(json!("done"));
    let all = json!(["States.ALL"]);
    // The defaults: after 1 second, doubling, three times.
    let outcome = check(json!([{"ErrorEquals": all}]), &["e"; 3], &[0.0, 1.0, 3.0, 7.0]);
    assert_eq!(outcome, done);
    let outcome = check(json!([{"ErrorEquals": all}]), &["e"; 4], &[0.0, 1.0, 3.0, 7.0]);
    assert_eq!(failed(&outcome), ("e", "because"));
    let retry = json!([{"ErrorEquals": ["e"], "IntervalSeconds": 2, "BackoffRate": 3, "MaxDelaySeconds": 10, "MaxAttempts": 4}]);
    assert_eq!(check(retry, &["e"; 4], &[0.0, 2.0, 8.0, 18.0, 28.0]), done);
    // The fake world's chance is always a half.
    let retry = json!([{"ErrorEquals": ["e"], "IntervalSeconds": 4, "JitterStrategy": "FULL"}]);
    assert_eq!(check(retry, &["e"; 2], &[0.0, 2.0, 6.0]), done);
    let retry = json!([{"ErrorEquals": ["e"], "MaxAttempts": 0}]);
    assert_eq!(failed(&check(retry, &["e"], &[0.0])).0, "e");
    // Each retrier counts its own attempts and delays.
    let retry = json!([
        {"ErrorEquals": ["a"], "IntervalSeconds": 1, "MaxAttempts": 1},
        {"ErrorEquals": ["b"], "IntervalSeconds": 10, "MaxAttempts": 2},
    ]);
    assert_eq!(check(retry.clone(), &["b", "a", "b"], &[0.0, 10.0, 11.0, 31.0]), done);
    assert_eq!(failed(&check(retry, &["a", "b", "a"], &[0.0, 1.0, 11.0])).0, "a");
}

#[test]
fn retry_count_is_in_the_context() {
    let fields = json!({
        "Parameters": {"count.$": "$$.State.RetryCount"},
        "Retry": [{"ErrorEquals": ["States.TaskFailed"]}],
    });
    let report = run(&task(fields), json!({}), |parameters, _| match parameters["count"] == 2 {
        true => Reply::Gives(parameters.clone()),
        false => Reply::Fails("e"),
    });
    assert_eq!(report.outcome, Outcome::Succeeded(json!({"count": 2})));
}

#[test]
fn what_catches_what() {
    let check = |name: &str, error: &'static str, is_caught: bool| {
        let report =
            fails_with(json!({"Catch": [{"ErrorEquals": [name], "Next": "Caught"}]}), &[error]);
        let expected = json!({"Error": error, "Cause": "because"});
        match is_caught {
            true => assert_eq!(report.outcome, Outcome::Succeeded(expected), "{name} {error}"),
            false => assert_eq!(failed(&report.outcome).0, error, "{name}"),
        }
    };
    for (name, error, is_caught) in [
        ("throttled", "throttled", true),
        ("throttled", "Throttled", false),
        ("States.ALL", "anything", true),
        ("States.ALL", "States.Timeout", true),
        ("States.ALL", "States.Runtime", false),
        ("States.ALL", "States.DataLimitExceeded", false),
        ("States.DataLimitExceeded", "States.DataLimitExceeded", true),
        ("States.TaskFailed", "anything", true),
        ("States.TaskFailed", "States.Timeout", false),
        ("States.TaskFailed", "States.Runtime", false),
        ("States.Timeout", "States.Timeout", true),
    ] {
        check(name, error, is_caught);
    }
}

#[test]
fn where_a_caught_error_goes() {
    let check = |catcher: Value, expected: Value| {
        let mut catcher = catcher;
        catcher["ErrorEquals"] = json!(["e"]);
        catcher["Next"] = json!("Caught");
        // OutputPath is for results: a caught error passes it by, as recorded from AWS.
        let fields = json!({"Catch": [catcher], "OutputPath": "$.Payload"});
        let found = outcome(fields, json!({"k": 1}), || Reply::Fails("e"));
        assert_eq!(found, Outcome::Succeeded(expected));
    };
    check(json!({}), json!({"Error": "e", "Cause": "because"}));
    check(
        json!({"ResultPath": "$.x.y"}),
        json!({"k": 1, "x": {"y": {"Error": "e", "Cause": "because"}}}),
    );
    check(json!({"ResultPath": null}), json!({"k": 1}));
}

#[test]
fn retries_come_before_catchers() {
    let report = fails_with(
        json!({
            "Retry": [{"ErrorEquals": ["e"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
        }),
        &["e", "e"],
    );
    assert_eq!(report.times("TaskScheduled"), [0.0, 1.0]);
    assert_eq!(report.outcome, Outcome::Succeeded(json!({"Error": "e", "Cause": "because"})));
}

#[test]
fn results_that_fit_nothing() {
    let check = |fields: Value, expected: &str| {
        let mut fields = fields;
        fields["Catch"] = json!([{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]);
        let found = outcome(fields.clone(), json!([]), || Reply::Gives(json!({})));
        match found {
            Outcome::Succeeded(caught) => assert_eq!(caught["Error"], expected, "{fields}"),
            other => assert_eq!(failed(&other).0, expected, "{fields}"),
        }
    };
    check(json!({"ResultSelector": {"a.$": "$.gone"}}), "States.Runtime");
    check(json!({"Parameters": {"a.$": "$.gone"}}), "States.Runtime");
    check(json!({"ResultPath": "$.a"}), "States.ResultPathMatchFailure");
    check(json!({"ResultSelector": {"a.$": "States.ArrayLength($)"}}), "States.IntrinsicFailure");

    let long = "x".repeat(256 * 1024);
    let found = outcome(json!({}), json!({}), || Reply::Gives(json!(long)));
    assert_eq!(
        failed(&found),
        (
            "States.DataLimitExceeded",
            "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit."
        )
    );
}

#[test]
fn time_outs() {
    let late = || Reply::Late(60, Box::new(Reply::Gives(json!(1))));
    assert_eq!(
        outcome(json!({"TimeoutSeconds": 61}), json!({}), late),
        Outcome::Succeeded(json!(1))
    );
    let report = run(&task(json!({"TimeoutSeconds": 59})), json!({}), |_, _| late());
    assert_eq!(failed(&report.outcome), ("States.Timeout", ""));
    assert_eq!(report.times("TaskTimedOut"), [59.0]);

    let mut machine = task(json!({}));
    machine["TimeoutSeconds"] = json!(30);
    let report = run(&machine, json!({}), |_, _| late());
    assert_eq!(report.outcome, Outcome::TimedOut);
    assert_eq!(report.times("ExecutionTimedOut"), [30.0]);
    machine["TimeoutSeconds"] = json!(90);
    assert_eq!(run(&machine, json!({}), |_, _| late()).outcome, Outcome::Succeeded(json!(1)));
}

#[test]
fn services_are_told_apart() {
    let definition = flow(json!({"A": {"Type": "Task", "Resource": SNS, "End": true}}));
    let report = run(&definition, json!({}), |_, _| Reply::Gives(json!({"MessageId": "1"})));
    let started = report.own().find(|event| event.kind == "TaskStarted").unwrap();
    assert_eq!(started.details, Some(json!({"resource": "publish", "resourceType": "sns"})));
}
