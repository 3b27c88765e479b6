//! The rules of a Choice state.

use crate::choice::{Choice, Comparison, Condition, Kind, Operand, Test};
use crate::path::{Path, Place};

use super::fields::Fields;

const KINDS: [(&str, Kind); 5] = [
    ("IsPresent", Kind::Present),
    ("IsNull", Kind::Null),
    ("IsString", Kind::String),
    ("IsNumeric", Kind::Numeric),
    ("IsBoolean", Kind::Boolean),
];
const COMPARISONS: [(&str, &str, Comparison); 7] = [
    ("StringEquals", "StringEqualsPath", Comparison::StringEquals),
    ("BooleanEquals", "BooleanEqualsPath", Comparison::BooleanEquals),
    ("NumericEquals", "NumericEqualsPath", Comparison::NumericEquals),
    ("NumericLessThan", "NumericLessThanPath", Comparison::NumericLessThan),
    ("NumericLessThanEquals", "NumericLessThanEqualsPath", Comparison::NumericLessThanEquals),
    ("NumericGreaterThan", "NumericGreaterThanPath", Comparison::NumericGreaterThan),
    (
        "NumericGreaterThanEquals",
        "NumericGreaterThanEqualsPath",
        Comparison::NumericGreaterThanEquals,
    ),
];

pub(super) fn choice(fields: &mut Fields<'_>) -> Option<Choice> {
    let default = fields.text("Default").map(str::to_owned);
    fields.required("Choices")?;
    let rules = fields.objects("Choices");
    if rules.is_empty() {
        fields.problem("Choices", "must be an array of at least one rule");
    }
    let rules = rules.into_iter().filter_map(|mut fields| {
        let next = fields.required_text("Next").map(str::to_owned);
        Some((condition(fields)?, next?))
    });
    Some(Choice { rules: rules.collect(), default })
}

fn condition(mut fields: Fields<'_>) -> Option<Condition> {
    let condition = if fields.has("And") {
        all(&mut fields, "And").map(Condition::And)
    } else if fields.has("Or") {
        all(&mut fields, "Or").map(Condition::Or)
    } else if fields.has("Not") {
        let negated = fields.object("Not").and_then(condition);
        negated.map(|condition| Condition::Not(Box::new(condition)))
    } else {
        comparison(&mut fields)
    };
    fields.done();
    condition
}

fn all(fields: &mut Fields<'_>, name: &str) -> Option<Vec<Condition>> {
    let parts = fields.objects(name);
    if parts.is_empty() {
        fields.problem(name, "must be an array of at least one rule");
    }
    let count = parts.len();
    let conditions: Vec<_> = parts.into_iter().filter_map(condition).collect();
    (conditions.len() == count).then_some(conditions)
}

fn comparison(fields: &mut Fields<'_>) -> Option<Condition> {
    fields.required("Variable")?;
    let variable = fields.parsed("Variable", path);
    let tests = tests(fields);
    let [test] = tests.as_slice() else {
        fields
            .problem_here(format!("a rule has one supported comparison, this has {}", tests.len()));
        return None;
    };
    Some(Condition::Test(variable?, test.clone()?))
}

/// Every comparison that the rule has; none in the place of one that is not well formed.
fn tests(fields: &mut Fields<'_>) -> Vec<Option<Test>> {
    let mut tests = Vec::new();
    for (name, kind) in KINDS {
        if let Some(value) = fields.take(name) {
            if !value.is_boolean() {
                fields.problem(name, "must be true or false");
            }
            tests.push(value.as_bool().map(|expected| Test::Is(kind, expected)));
        }
    }
    if fields.has("StringMatches") {
        let pattern = fields.text("StringMatches");
        tests.push(pattern.map(|pattern| Test::StringMatches(pattern.to_owned())));
    }
    for (name, path_name, comparison) in COMPARISONS {
        if let Some(literal) = fields.take(name) {
            if !comparison.takes(literal) {
                fields.problem(name, "has a value of the wrong type");
            }
            tests.push(Some(Test::Compare(comparison, Operand::Literal(literal.clone()))));
        }
        if fields.has(path_name) {
            let operand = fields.parsed(path_name, path).map(Operand::Path);
            tests.push(operand.map(|operand| Test::Compare(comparison, operand)));
        }
    }
    tests
}

fn path(text: &str) -> Result<Path, String> {
    Path::parse(text, Place::State)
}
