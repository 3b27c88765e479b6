//! What loading refuses, in which words and where.

use serde_json::{Value, json};
use states::StateMachine;

use crate::world::{LAMBDA, SNS, flow, resources};

/// Checks all that is wrong with a definition.
fn check(definition: &Value, expected: &[&str]) {
    let problems = match StateMachine::load(&definition.to_string(), &resources()) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.0.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(problems, expected, "{definition}");
}

/// Checks a state `A`, which ends.
fn check_state(mut state: Value, expected: &[&str]) {
    if !matches!(state["Type"].as_str(), Some("Choice" | "Succeed" | "Fail")) {
        state["End"] = json!(true);
    }
    check(&flow(json!({"A": state})), expected);
}

fn task(field: &str, value: Value) -> Value {
    json!({"Type": "Task", "Resource": LAMBDA, field: value})
}

fn distributed(field: &str, value: Value) -> Value {
    json!({
        "Type": "Map",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "B",
            "States": {"B": {"Type": "Pass", "End": true}},
        },
        field: value,
    })
}

#[test]
fn whole_machines() {
    check(&flow(json!({"A": {"Type": "Succeed"}})), &[]);
    check(&json!([]), &[": must be an object"]);
    check(
        &json!({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}, "Colour": 1, "QueryLanguage": "JSONata"}),
        &[
            "/Colour: field `Colour` is not supported",
            "/QueryLanguage: field `QueryLanguage` is `JSONata`, only `JSONPath` is supported",
        ],
    );
    check(
        &json!({"States": {}}),
        &[
            "/StartAt: field `StartAt` is missing",
            "/States: field `States` must be an object with at least one state",
        ],
    );
    let text = StateMachine::load("{", &resources()).unwrap_err().to_string();
    assert!(text.contains("the definition is not JSON"), "{text}");
}

#[test]
fn all_problems_at_once() {
    check(
        &flow(json!({
            "A": {"Type": "Task", "Resource": LAMBDA, "HeartbeatSeconds": 5, "Next": "Gone"},
            "B": {"Type": "Parallel", "Branches": [], "End": true},
            "C/D": {"Type": "Wait", "Seconds": 1, "Credentials": {}, "Next": "A"},
        })),
        &[
            "/States/A/HeartbeatSeconds: state `A`: field `HeartbeatSeconds` is not supported",
            "/States/A/Next: state `A` leads to `Gone`, which is not a state here",
            "/States/B: state `B` is not reached from `A`",
            "/States/B/Type: state `B`: field `Type` is `Parallel`, which is not supported",
            "/States/C~1D: state `C/D` is not reached from `A`",
            "/States/C~1D/Credentials: state `C/D`: field `Credentials` is not supported",
        ],
    );
}

#[test]
fn where_states_lead() {
    check(
        &json!({"StartAt": "X", "States": {"A": {"Type": "Succeed"}}}),
        &["/StartAt: field `StartAt` leads to `X`, which is not a state here"],
    );
    check(
        &flow(json!({"A": {"Type": "Pass"}})),
        &[
            "/States: field `States` has no state that ends",
            "/States/A: state `A`: neither `Next` nor `End` is given",
        ],
    );
    check(
        &flow(json!({"A": {"Type": "Pass", "Next": "B", "End": true}, "B": {"Type": "Succeed"}})),
        &["/States/A/End: state `A`: field `End` can't stand beside `Next`"],
    );
    check(
        &flow(json!({"A": {"Type": "Succeed", "End": true}})),
        &["/States/A/End: state `A`: field `End` is not supported"],
    );
    check(
        &flow(json!({
            "A": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.x", "IsNull": true, "Next": "C"}],
                "Default": "D",
            },
            "B": {"Type": "Succeed"},
        })),
        &[
            "/States/A/Choices/0/Next: state `A` leads to `C`, which is not a state here",
            "/States/A/Default: state `A` leads to `D`, which is not a state here",
            "/States/B: state `B` is not reached from `A`",
        ],
    );
}

#[test]
fn fields_of_tasks() {
    check_state(task("Comment", json!("fine")), &[]);
    check_state(
        task("Parameters", json!({"Subject.$": "$.a", "Other": [{"x.$": "$$.Execution.Name"}]})),
        &[],
    );
    check_state(json!({"Type": "Task", "Resource": SNS}), &[]);
    check_state(
        json!({"Type": "Task"}),
        &["/States/A/Resource: state `A`: field `Resource` is missing"],
    );
    for resource in ["arn:aws:states:::sqs:sendMessage", "arn:aws:lambda:us-east-1:1:function:f"] {
        let problem = format!(
            "/States/A/Resource: state `A`: field `Resource` is `{resource}`, which is not supported"
        );
        check_state(json!({"Type": "Task", "Resource": resource}), &[&problem]);
    }
    for field in
        ["TimeoutSecondsPath", "HeartbeatSeconds", "Credentials", "Assign", "Arguments", "Output"]
    {
        let problem = format!("/States/A/{field}: state `A`: field `{field}` is not supported");
        check_state(task(field, json!(1)), &[&problem]);
    }
    check_state(
        task("TimeoutSeconds", json!(0)),
        &[
            "/States/A/TimeoutSeconds: state `A`: field `TimeoutSeconds` must be a whole number from 1 to 99999999",
        ],
    );
    check_state(
        task("InputPath", json!("$.a[*]")),
        &[
            "/States/A/InputPath: state `A`: field `InputPath` is not supported: path `$.a[*]` is not supported: \
         only names and indexes are, such as `$.a.b[0]['c']`",
        ],
    );
    check_state(
        task("ResultPath", json!("$.a[0]")),
        &["/States/A/ResultPath: state `A`: field `ResultPath` is not supported: \
         an index in the ResultPath `$.a[0]` is not supported"],
    );
    check_state(
        task("ResultSelector", json!({"a": {"b.$": "States.UUID()"}})),
        &["/States/A/ResultSelector/a/b.$: state `A`: field `b.$` of `ResultSelector`: \
         intrinsic function `States.UUID` is not supported"],
    );
    check_state(
        task("Parameters", json!({"token.$": "$$.Task.Token"})),
        &["/States/A/Parameters/token.$: state `A`: field `token.$` of `Parameters`: \
         context object field `$$.Task.Token` is not supported here"],
    );
}

#[test]
fn paths() {
    for path in
        ["$..a", "$.*", "$[?(@.a)]", "$.a[1:2]", "$.a[-1]", "$.", "$.a b", "$['a','b']", "$['a"]
    {
        let problem = format!(
            "/States/A/InputPath: state `A`: field `InputPath` is not supported: path `{path}` is not supported: \
             only names and indexes are, such as `$.a.b[0]['c']`"
        );
        check_state(json!({"Type": "Pass", "InputPath": path}), &[&problem]);
    }
    for path in ["$", "$.a-b.c_d", "$['a b'][\"c\"][0].d", "$$.Execution.Input.a"] {
        check_state(json!({"Type": "Pass", "InputPath": path}), &[]);
    }
    for path in
        ["$$", "$$.Execution", "$$.Execution.RoleArn", "$$.State.Name.x", "$$.Map.Item.Value"]
    {
        let problem = format!(
            "/States/A/InputPath: state `A`: field `InputPath` is not supported: \
             context object field `{path}` is not supported here"
        );
        check_state(json!({"Type": "Pass", "InputPath": path}), &[&problem]);
    }
}

#[test]
fn intrinsic_functions() {
    let check = |call: &str, problem: &str| {
        let expected =
            format!("/States/A/Parameters/x.$: state `A`: field `x.$` of `Parameters`: {problem}");
        check_state(json!({"Type": "Pass", "Parameters": {"x.$": call}}), &[&expected]);
    };
    check("States.Format('{}')", "`States.Format` is given 0 values where it takes 1");
    check("States.Format($.t)", "the template of `States.Format` must be a string literal");
    check("States.Format('a{b')", "a lone brace in the template 'a{b': escape it with `\\`");
    check("States.Format('a\\n')", "an unknown escape in `States.Format('a\\n')`");
    check("States.Array('a", "a string without an end in `States.Array('a`");
    check("States.Array(1 2)", "`1 2` is not an argument of an intrinsic function");
    check("States.Array(1) x", "`x` after the end of `States.Array(1)`");
    check(
        "States.Array($.a[*])",
        "path `$.a[*]` is not supported: only names and indexes are, such as `$.a.b[0]['c']`",
    );
    check("plain", "`plain` is neither a path nor an intrinsic function");
    let deep = format!("{}1{}", "States.Array(".repeat(11), ")".repeat(11));
    check(&deep, "intrinsic functions nest more than 10 deep");
}

#[test]
fn retry_and_catch() {
    let retry = |fields: Value| task("Retry", json!([fields]));
    check_state(
        retry(
            json!({"ErrorEquals": ["a"], "IntervalSeconds": 1, "MaxDelaySeconds": 2, "JitterStrategy": "FULL", "Comment": "c"}),
        ),
        &[],
    );
    for (fields, problem) in [
        (json!({}), "ErrorEquals: state `A`: field `ErrorEquals` is missing"),
        (
            json!({"ErrorEquals": []}),
            "ErrorEquals: state `A`: field `ErrorEquals` must be an array of at least one string",
        ),
        (
            json!({"ErrorEquals": ["States.ALL", "x"]}),
            "ErrorEquals: state `A`: field `ErrorEquals` has `States.ALL`, which must be alone and come last",
        ),
        (
            json!({"ErrorEquals": ["a"], "BackoffRate": 0.5}),
            "BackoffRate: state `A`: field `BackoffRate` must be a number from 1 to 100",
        ),
        (
            json!({"ErrorEquals": ["a"], "JitterStrategy": "HALF"}),
            "JitterStrategy: state `A`: field `JitterStrategy` is `HALF`, only `FULL` or `NONE` is supported",
        ),
        (
            json!({"ErrorEquals": ["a"], "IntervalSeconds": 5, "MaxDelaySeconds": 5}),
            "MaxDelaySeconds: state `A`: field `MaxDelaySeconds` must be greater than `IntervalSeconds`",
        ),
        (
            json!({"ErrorEquals": ["a"], "Next": "A"}),
            "Next: state `A`: field `Next` is not supported",
        ),
    ] {
        check_state(retry(fields), &[&format!("/States/A/Retry/0/{problem}")]);
    }
    let catchers = json!([
        {"ErrorEquals": ["States.ALL"], "Next": "A"},
        {"ErrorEquals": ["x"], "Next": "A"},
    ]);
    check_state(
        task("Catch", catchers),
        &[
            "/States/A/Catch/0/ErrorEquals: state `A`: field `ErrorEquals` has `States.ALL`, which must be alone and come last",
        ],
    );
    for name in ["States.Runtime", "States.HeartbeatTimeout", "States.ParameterPathFailure"] {
        let catch = task("Catch", json!([{"ErrorEquals": [name], "Next": "A"}]));
        let errors = StateMachine::load(&flow(json!({"A": catch})).to_string(), &resources());
        let text = errors.unwrap_err().to_string();
        assert!(text.contains(&format!("has `{name}`, which is not supported")), "{text}");
    }
}

#[test]
fn choices() {
    let check_rule = |rule: Value, expected: &[&str]| {
        let mut rule = rule;
        rule["Next"] = json!("B");
        let expected: Vec<_> =
            expected.iter().map(|problem| format!("/States/A/Choices/0{problem}")).collect();
        let expected: Vec<_> = expected.iter().map(String::as_str).collect();
        let choice = json!({"Type": "Choice", "Choices": [rule]});
        check(&flow(json!({"A": choice, "B": {"Type": "Succeed"}})), &expected);
    };
    check_rule(json!({"Variable": "$.a", "StringEqualsPath": "$.b"}), &[]);
    check_rule(json!({"Not": {"And": [{"Variable": "$.a", "IsPresent": true}]}}), &[]);
    check_rule(
        json!({"Variable": "$.a"}),
        &[": state `A`: a rule has one supported comparison, this has 0"],
    );
    check_rule(
        json!({"Variable": "$.a", "IsNull": true, "IsString": true}),
        &[": state `A`: a rule has one supported comparison, this has 2"],
    );
    check_rule(
        json!({"Variable": "$.a", "TimestampEquals": "x"}),
        &[
            ": state `A`: a rule has one supported comparison, this has 0",
            "/TimestampEquals: state `A`: field `TimestampEquals` is not supported",
        ],
    );
    check_rule(
        json!({"Variable": "$.a", "NumericEquals": "1"}),
        &["/NumericEquals: state `A`: field `NumericEquals` has a value of the wrong type"],
    );
    check_rule(
        json!({"And": [{"Variable": "$.a", "IsNull": true, "Next": "B"}]}),
        &["/And/0/Next: state `A`: field `Next` is not supported"],
    );
    check_state(
        json!({"Type": "Choice", "Choices": []}),
        &[
            "/States: field `States` has no state that ends",
            "/States/A/Choices: state `A`: field `Choices` must be an array of at least one rule",
        ],
    );
}

#[test]
fn waits_and_failures() {
    check_state(json!({"Type": "Wait", "Seconds": 0}), &[]);
    check_state(
        json!({"Type": "Wait", "SecondsPath": "$.s"}),
        &[
            "/States/A/Seconds: state `A`: field `Seconds` is missing",
            "/States/A/SecondsPath: state `A`: field `SecondsPath` is not supported",
        ],
    );
    check_state(
        json!({"Type": "Fail", "Error": "E", "ErrorPath": "$.e"}),
        &["/States/A/ErrorPath: state `A`: field `ErrorPath` can't stand beside `Error`"],
    );
    check_state(
        json!({"Type": "Fail", "InputPath": "$.e"}),
        &["/States/A/InputPath: state `A`: field `InputPath` is not supported"],
    );
}

#[test]
fn maps() {
    check_state(distributed("MaxConcurrency", json!(8)), &[]);
    check_state(
        json!({"Type": "Map", "Iterator": {}}),
        &[
            "/States/A/ItemProcessor: state `A`: field `ItemProcessor` is missing",
            "/States/A/Iterator: state `A`: field `Iterator` is not supported",
        ],
    );
    for field in
        ["ItemBatcher", "MaxConcurrencyPath", "ToleratedFailurePercentagePath", "Parameters"]
    {
        let problem = format!("/States/A/{field}: state `A`: field `{field}` is not supported");
        check_state(distributed(field, json!({})), &[&problem]);
    }
    check_state(
        distributed("ToleratedFailureCount", json!(1)),
        &[
            "/States/A: state `A`: a Map that tolerates failures is not supported without a `ResultWriter`",
        ],
    );
    check_state(
        distributed("Label", json!("a:b")),
        &[
            "/States/A/Label: state `A`: field `Label` is not supported: a label is at most 40 letters, digits, `-` and `_`",
        ],
    );
    check_state(
        distributed(
            "ItemReader",
            json!({
                "Resource": "arn:aws:states:::s3:listObjectsV2",
                "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
                "Parameters": {"Bucket": "b", "Key.$": "$.k", "VersionId": "v"},
            }),
        ),
        &[
            "/States/A/ItemReader/Parameters/VersionId: state `A`: field `VersionId` is not supported",
            "/States/A/ItemReader/ReaderConfig/CSVHeaderLocation: state `A`: field `CSVHeaderLocation` is not supported",
            "/States/A/ItemReader/ReaderConfig/InputType: state `A`: field `InputType` is `CSV`, only `JSON` or `JSONL` is supported",
            "/States/A/ItemReader/Resource: state `A`: field `Resource` is `arn:aws:states:::s3:listObjectsV2`, \
             only `arn:aws:states:::s3:getObject` is supported",
        ],
    );
    check_state(
        json!({
            "Type": "Map",
            "Label": "L",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE", "ExecutionType": "EXPRESS"},
                "StartAt": "A",
                "States": {"A": {"Type": "Pass", "End": true}},
            },
        }),
        &[
            "/States/A/ItemProcessor/ProcessorConfig/ExecutionType: state `A`: field `ExecutionType` is not supported",
            "/States/A/ItemProcessor/States/A: state `A`: another state of the machine has this name",
            "/States/A/Label: state `A`: field `Label` is not supported without the Mode `DISTRIBUTED`",
        ],
    );
}
