//! How data goes through a state: paths, templates, intrinsic functions, the context object, limits.

use serde_json::{Value, json};
use states::Outcome;

use crate::world::{Reply, failed, flow, run};

/// Checks the output of a Pass state.
fn check(mut state: Value, input: Value, expected: Value) {
    state["Type"] = json!("Pass");
    state["End"] = json!(true);
    let outcome = run(&flow(json!({"A": state})), input, |_, _| Reply::Fails("none")).outcome;
    assert_eq!(outcome, Outcome::Succeeded(expected), "{state}");
}

/// Checks the error of a Pass state and the end of its cause.
fn check_failure(mut state: Value, input: Value, error: &str, cause: &str) {
    state["Type"] = json!("Pass");
    state["End"] = json!(true);
    let outcome = run(&flow(json!({"A": state})), input, |_, _| Reply::Fails("none")).outcome;
    let (found, found_cause) = failed(&outcome);
    assert_eq!(found, error, "{state}");
    assert!(found_cause.ends_with(cause), "{state}: {found_cause}");
}

#[test]
fn paths_select_and_insert() {
    let input = json!({"a": {"b": [1, {"c d": 2}]}, "x": null});
    check(json!({}), input.clone(), input.clone());
    check(json!({"InputPath": "$.a.b[1]['c d']"}), input.clone(), json!(2));
    check(json!({"InputPath": "$.x"}), input.clone(), json!(null));
    check(json!({"InputPath": null}), input.clone(), json!({}));
    check(json!({"OutputPath": null}), input.clone(), json!({}));
    check(json!({"OutputPath": "$.a.b"}), input.clone(), json!([1, {"c d": 2}]));
    check(json!({"InputPath": "$$.Execution.Input.a.b[0]"}), input.clone(), json!(1));
    check(json!({"Result": {"y.$": "$.kept"}}), input.clone(), json!({"y.$": "$.kept"}));
    check(json!({"Result": 7, "ResultPath": null}), input.clone(), input.clone());
    check(json!({"Result": 7, "ResultPath": "$"}), input.clone(), json!(7));
    check(
        json!({"Result": 7, "ResultPath": "$.r.s"}),
        json!({"k": 1}),
        json!({"k": 1, "r": {"s": 7}}),
    );
    // What goes on is the raw input, not what InputPath selected.
    check(
        json!({"InputPath": "$.a", "ResultPath": "$.r"}),
        json!({"a": 1, "b": 2}),
        json!({"a": 1, "b": 2, "r": 1}),
    );
    check_failure(
        json!({"InputPath": "$.gone"}),
        json!({}),
        "States.Runtime",
        "An error occurred while executing the state 'A' (entered at the event id #2). Invalid path '$.gone' : No results",
    );
    check_failure(
        json!({"OutputPath": "$.gone"}),
        json!({}),
        "States.Runtime",
        "'$.gone' : No results",
    );
    check_failure(
        json!({"ResultPath": "$.a.b"}),
        json!({"a": 1}),
        "States.ResultPathMatchFailure",
        "'b' has no object to go into",
    );
}

#[test]
fn templates() {
    check(
        json!({"Parameters": {"a.$": "$.x", "b": [{"c.$": "$.x"}, "$.x"], "d": {"e": 1}}}),
        json!({"x": [1]}),
        json!({"a": [1], "b": [{"c": [1]}, "$.x"], "d": {"e": 1}}),
    );
    check_failure(
        json!({"Parameters": {"value.$": "$.gone"}}),
        json!({"secret": 1}),
        "States.Runtime",
        "The JSONPath '$.gone' specified for the field 'value.$' could not be found in the input",
    );
    check(
        json!({"Parameters": {
            "id.$": "$$.Execution.Id",
            "name.$": "$$.Execution.Name",
            "start.$": "$$.Execution.StartTime",
            "state.$": "$$.State.Name",
            "entered.$": "$$.State.EnteredTime",
            "retries.$": "$$.State.RetryCount",
            "machine.$": "$$.StateMachine.Id",
            "machine_name.$": "$$.StateMachine.Name",
        }}),
        json!({}),
        json!({
            "id": "arn:aws:states:us-east-1:000000000000:execution:machine:test",
            "name": "test",
            "start": "2026-11-22T06:00:00.000Z",
            "state": "A",
            "entered": "2026-11-22T06:00:00.000Z",
            "retries": 0,
            "machine": "arn:aws:states:us-east-1:000000000000:stateMachine:machine",
            "machine_name": "machine",
        }),
    );
}

/// The results of `States.MathAdd` and `States.StringToJson` are those that were recorded from AWS.
#[test]
fn intrinsic_functions() {
    let check = |call: &str, input: Value, expected: Value| {
        check(json!({"Parameters": {"x.$": call}}), input, json!({"x": expected}));
    };
    check("States.Format('{} of {}', $.a, 2)", json!({"a": "x"}), json!("x of 2"));
    check("States.Format('{}{}{}', true, null, 1.5)", json!({}), json!("truenull1.5"));
    check(r"States.Format('it\'s \{\} \\ {}', 'a\'b')", json!({}), json!(r"it's {} \ a'b"));
    check("States.Format('plain')", json!({}), json!("plain"));
    check(
        "States.JsonToString($)",
        json!({"b": [1, "x"], "a": null}),
        json!(r#"{"a":null,"b":[1,"x"]}"#),
    );
    check("States.StringToJson($.t)", json!({"t": "{\"a\": [1]}"}), json!({"a": [1]}));
    check("States.StringToJson($.t)", json!({"t": " "}), json!(null));
    check("States.ArrayLength($['a,b'])", json!({"a,b": [1, 2]}), json!(2));
    check(
        "States.Array(1, 'two', $.a, States.Array())",
        json!({"a": {"b": 3}}),
        json!([1, "two", {"b": 3}, []]),
    );
    for (first, second, sum) in [
        (-9.0, 3.0, -6),
        (1.49, 1.5, 3),
        (-1.5, -1.51, -3),
        (2.5, 0.0, 3),
        (-0.5, 0.5, 1),
        (-2.5, 0.0, -2),
    ] {
        check("States.MathAdd($.a, $.b)", json!({"a": first, "b": second}), json!(sum));
    }
    let nested = "States.Format('{}', States.JsonToString(States.Array(States.MathAdd(1, 1))))";
    check(nested, json!({}), json!("[2]"));

    for (call, input, cause) in [
        ("States.Format('{}', $.a)", json!({"a": []}), "an argument is an array or an object"),
        ("States.ArrayLength($.a)", json!({"a": 1}), "the argument is not an array"),
        ("States.StringToJson($.a)", json!({"a": "{"}), "the argument is not JSON"),
        ("States.StringToJson($.a)", json!({"a": 1}), "the argument is not a string"),
        ("States.MathAdd($.a, 1)", json!({"a": 3e9}), "an argument is not a 32-bit integer"),
    ] {
        check_failure(
            json!({"Parameters": {"x.$": call}}),
            input,
            "States.IntrinsicFailure",
            cause,
        );
    }
    check_failure(
        json!({"Parameters": {"x.$": "States.Array($.gone)"}}),
        json!({}),
        "States.Runtime",
        "The JsonPath argument for the field '$.gone' could not be found in the input",
    );
}

#[test]
fn payloads_have_a_limit() {
    // As JSON text the string has two quotes around it.
    let longest = "x".repeat(256 * 1024 - 2);
    check(json!({}), json!(longest), json!(longest));
    check_failure(json!({}), json!(longest + "x"), "States.DataLimitExceeded", "service limit.");
    let half = "ü".repeat(80 * 1024);
    check_failure(
        json!({"Parameters": {"a.$": "$", "b.$": "$"}}),
        json!(half),
        "States.DataLimitExceeded",
        "The state/task 'A' returned a result with a size exceeding the maximum number of bytes service limit.",
    );
}

#[test]
fn other_states() {
    let check = |states: Value, input: Value, expected: Outcome| {
        assert_eq!(run(&flow(states), input, |_, _| Reply::Fails("none")).outcome, expected);
    };
    check(
        json!({"A": {"Type": "Succeed", "InputPath": "$.a"}}),
        json!({"a": 1}),
        Outcome::Succeeded(json!(1)),
    );
    let fail = |fail: Value, input: Value, error: Option<&str>, cause: Option<&str>| {
        let failure =
            states::Failure { error: error.map(Into::into), cause: cause.map(Into::into) };
        check(json!({"A": fail}), input, Outcome::Failed(failure));
    };
    fail(json!({"Type": "Fail"}), json!({}), None, None);
    fail(json!({"Type": "Fail", "Error": "E", "Cause": "C"}), json!({}), Some("E"), Some("C"));
    fail(
        json!({"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('{}!', $.e)"}),
        json!({"e": "E"}),
        Some("E"),
        Some("E!"),
    );
    let report = run(
        &flow(json!({"A": {"Type": "Wait", "Seconds": 90, "OutputPath": "$.a", "End": true}})),
        json!({"a": 1}),
        |_, _| Reply::Fails("none"),
    );
    assert_eq!(report.outcome, Outcome::Succeeded(json!(1)));
    assert_eq!(report.times("WaitStateExited"), [90.0]);
}
