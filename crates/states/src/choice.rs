//! The rules of Choice states.

use serde_json::Value;

use crate::error::Fault;
use crate::path::{Path, Scope};

/// A Choice state: the first rule that holds decides.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) rules: Vec<(Condition, String)>,
    pub(crate) default: Option<String>,
}

/// What a rule asks.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Test(Path, Test),
}

/// What is asked of the value at the rule's Variable.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    /// Whether it is of the kind, and whether it should be.
    Is(Kind, bool),
    StringMatches(String),
    Compare(Comparison, Operand),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Present,
    Null,
    String,
    Numeric,
    Boolean,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    StringEquals,
    BooleanEquals,
    NumericEquals,
    NumericLessThan,
    NumericLessThanEquals,
    NumericGreaterThan,
    NumericGreaterThanEquals,
}

#[derive(Debug, Clone)]
pub(crate) enum Operand {
    Literal(Value),
    Path(Path),
}

impl Choice {
    /// The state to go to, if any rule holds or there is a Default.
    pub(crate) fn decide(&self, scope: Scope<'_>) -> Result<Option<&str>, Fault> {
        for (condition, next) in &self.rules {
            if condition.holds(scope)? {
                return Ok(Some(next));
            }
        }
        Ok(self.default.as_deref())
    }
}

impl Condition {
    fn holds(&self, scope: Scope<'_>) -> Result<bool, Fault> {
        match self {
            Self::And(conditions) => {
                for condition in conditions {
                    if !condition.holds(scope)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Or(conditions) => {
                for condition in conditions {
                    if condition.holds(scope)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(condition) => Ok(!condition.holds(scope)?),
            Self::Test(variable, Test::Is(Kind::Present, expected)) => {
                Ok(variable.find(scope).is_some() == *expected)
            }
            Self::Test(variable, test) => test.holds(find(variable, scope)?, scope),
        }
    }
}

impl Test {
    fn holds(&self, value: &Value, scope: Scope<'_>) -> Result<bool, Fault> {
        match self {
            Self::Is(kind, expected) => Ok(kind.is(value) == *expected),
            Self::StringMatches(pattern) => {
                Ok(value.as_str().is_some_and(|text| matches(pattern, text)))
            }
            Self::Compare(comparison, Operand::Literal(other)) => {
                Ok(comparison.holds(value, other))
            }
            Self::Compare(comparison, Operand::Path(path)) => {
                Ok(comparison.holds(value, find(path, scope)?))
            }
        }
    }
}

impl Kind {
    fn is(self, value: &Value) -> bool {
        match self {
            Self::Present => true,
            Self::Null => value.is_null(),
            Self::String => value.is_string(),
            Self::Numeric => value.is_number(),
            Self::Boolean => value.is_boolean(),
        }
    }
}

impl Comparison {
    /// Whether the comparison holds; between values of another type than its own it does not.
    pub(crate) fn holds(self, left: &Value, right: &Value) -> bool {
        let equal_strings = || Some(left.as_str()? == right.as_str()?);
        let equal_booleans = || Some(left.as_bool()? == right.as_bool()?);
        let numbers =
            |holds: fn(&f64, &f64) -> bool| Some(holds(&left.as_f64()?, &right.as_f64()?));
        let holds = match self {
            Self::StringEquals => equal_strings(),
            Self::BooleanEquals => equal_booleans(),
            Self::NumericEquals => numbers(f64::eq),
            Self::NumericLessThan => numbers(f64::lt),
            Self::NumericLessThanEquals => numbers(f64::le),
            Self::NumericGreaterThan => numbers(f64::gt),
            Self::NumericGreaterThanEquals => numbers(f64::ge),
        };
        holds.unwrap_or(false)
    }

    /// Whether a literal is of the type that this comparison compares.
    pub(crate) fn takes(self, literal: &Value) -> bool {
        match self {
            Self::StringEquals => literal.is_string(),
            Self::BooleanEquals => literal.is_boolean(),
            _ => literal.is_number(),
        }
    }
}

fn find<'a>(path: &Path, scope: Scope<'a>) -> Result<&'a Value, Fault> {
    path.find(scope).ok_or_else(|| {
        Fault::runtime(format!(
            "Invalid path '{}': The choice state's condition path references an invalid value.",
            path.text()
        ))
    })
}

/// Whether `text` is as `pattern` says: `*` stands for any text, `\*` for itself.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = vec![String::new()];
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        let last = pieces.len() - 1;
        match character {
            '*' => pieces.push(String::new()),
            '\\' => pieces[last].extend(characters.next()),
            character => pieces[last].push(character),
        }
    }
    let (first, rest) = (pieces.remove(0), pieces);
    let Some(mut text) = text.strip_prefix(first.as_str()) else { return false };
    let Some((last, middle)) = rest.split_last() else { return text.is_empty() };
    for piece in middle {
        match text.find(piece.as_str()) {
            Some(at) => text = &text[at + piece.len()..],
            None => return false,
        }
    }
    text.ends_with(last.as_str())
}
