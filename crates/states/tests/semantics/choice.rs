//! What the rules of Choice states decide.

use serde_json::{Value, json};
use states::Outcome;

use crate::world::{Reply, failed, flow, run};

/// Runs a Choice of one rule.
fn outcome(mut rule: Value, input: Value) -> Outcome {
    rule["Next"] = json!("Yes");
    let definition = flow(json!({
        "A": {"Type": "Choice", "Choices": [rule], "Default": "No"},
        "Yes": {"Type": "Pass", "Result": true, "End": true},
        "No": {"Type": "Pass", "Result": false, "End": true},
    }));
    run(&definition, input, |_, _| Reply::Fails("none")).outcome
}

/// Checks whether a rule holds.
fn check(rule: Value, input: Value, expected: bool) {
    assert_eq!(
        outcome(rule.clone(), input.clone()),
        Outcome::Succeeded(json!(expected)),
        "{rule} {input}"
    );
}

#[test]
fn comparisons() {
    for (test, value, expected) in [
        (json!({"IsPresent": true}), json!(null), true),
        (json!({"IsPresent": false}), json!(1), false),
        (json!({"IsNull": true}), json!(null), true),
        (json!({"IsNull": false}), json!(0), true),
        (json!({"IsString": true}), json!(""), true),
        (json!({"IsNumeric": true}), json!("1"), false),
        (json!({"IsNumeric": true}), json!(1.5), true),
        (json!({"IsBoolean": true}), json!(false), true),
        (json!({"StringEquals": "a"}), json!("a"), true),
        (json!({"StringEquals": "a"}), json!("A"), false),
        (json!({"StringEquals": "1"}), json!(1), false),
        (json!({"BooleanEquals": false}), json!(false), true),
        (json!({"BooleanEquals": false}), json!(0), false),
        (json!({"NumericEquals": 1}), json!(1.0), true),
        (json!({"NumericEquals": 0}), json!(null), false),
        (json!({"NumericLessThan": 1}), json!(0), true),
        (json!({"NumericLessThan": 1}), json!(1), false),
        (json!({"NumericLessThanEquals": 1}), json!(1), true),
        (json!({"NumericGreaterThan": 0}), json!(0), false),
        (json!({"NumericGreaterThanEquals": 0}), json!(0), true),
        (json!({"StringMatches": "log-*.txt"}), json!("log-2026.txt"), true),
        (json!({"StringMatches": "log-*.txt"}), json!("log-.txt.gz"), false),
        (json!({"StringMatches": "*a*b*"}), json!("xxaxbx"), true),
        (json!({"StringMatches": "*ab*ab"}), json!("ab"), false),
        (json!({"StringMatches": r"a\*b"}), json!("a*b"), true),
        (json!({"StringMatches": r"a\*b"}), json!("axb"), false),
        (json!({"StringMatches": "plain"}), json!("plain."), false),
        (json!({"StringMatches": "*"}), json!(1), false),
        (json!({"StringEqualsPath": "$.other"}), json!("o"), true),
        (json!({"NumericGreaterThanPath": "$.three"}), json!(4), true),
        (json!({"BooleanEqualsPath": "$.yes"}), json!(true), true),
    ] {
        let mut rule = test;
        rule["Variable"] = json!("$.v");
        check(rule, json!({"v": value, "other": "o", "three": 3, "yes": true}), expected);
    }
}

#[test]
fn combinations() {
    let present = json!({"Variable": "$.a", "IsPresent": true});
    let one = json!({"Variable": "$.a", "NumericEquals": 1});
    check(json!({"And": [present, one]}), json!({"a": 1}), true);
    check(json!({"And": [present, one]}), json!({}), false);
    check(json!({"Or": [one, present]}), json!({"a": 2}), true);
    check(json!({"Or": [{"Not": present}, one]}), json!({}), true);
    check(json!({"Not": one}), json!({"a": 1}), false);
    check(json!({"Variable": "$$.State.Name", "StringEquals": "A"}), json!({}), true);
}

#[test]
fn what_is_not_there() {
    check(json!({"Variable": "$.v", "IsPresent": false}), json!({}), true);
    for rule in [
        json!({"Variable": "$.v", "IsNull": true}),
        json!({"Variable": "$.a", "StringEqualsPath": "$.v"}),
    ] {
        let outcome = outcome(rule, json!({"a": "x"}));
        let (error, cause) = failed(&outcome);
        assert_eq!(error, "States.Runtime");
        assert!(cause.ends_with(
            "Invalid path '$.v': The choice state's condition path references an invalid value."
        ));
    }
    let choice = json!({
        "A": {"Type": "Choice", "Choices": [{"Variable": "$.v", "IsPresent": true, "Next": "B"}]},
        "B": {"Type": "Succeed"},
    });
    let report = run(&flow(choice), json!({}), |_, _| Reply::Fails("none"));
    assert_eq!(failed(&report.outcome).0, "States.NoChoiceMatched");
}
