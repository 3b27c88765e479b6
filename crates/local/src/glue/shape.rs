//! What a member of a request may hold, and the check of a request against it. Lengths are bytes, as the developer guide
//! counts them. <https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-catalog-tables.html>

use serde_json::{Map, Value};

use super::Refusal;

/// The kinds of values.
pub(super) enum Shape {
    /// A text of so many bytes. Only some may have more than one line.
    Text { min: usize, max: usize, lines: Lines },
    /// A whole number.
    Number { min: i64, max: i64 },
    /// Seconds since 1970.
    Time,
    /// True or false.
    Flag,
    /// So many values of one shape, at most.
    List { of: &'static Shape, max: usize },
    /// The keys are names; the values have a shape.
    Parameters,
    /// Named members. What is not among them is dropped, as the service does.
    Structure(&'static [Member]),
    /// The service has it and this stand-in does not: refused by name, so that nobody relies on it.
    Absent,
}

/// What the service's patterns let through.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// No line break, no control character but a tab.
    One,
    /// Line breaks too.
    Many,
    /// Anything.
    Free,
}

/// A member of a structure.
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) shape: &'static Shape,
    pub(super) required: bool,
}

const MAX_KEY_BYTES: usize = 255;
const MAX_PARAMETER_BYTES: usize = 512_000;

/// The request with the members that `shape` knows and that are not null.
///
/// # Errors
/// A value of another type; all constraints that are not met, each by its path, in the service's words; a member that
/// this stand-in does not have.
pub(super) fn check(request: &Value, shape: &Shape) -> Result<Map<String, Value>, Refusal> {
    let mut check = Check { broken: Vec::new() };
    let Value::Object(members) = check.value(request, shape, "")? else {
        return Err(Refusal::Serialization("the request is not an object".to_owned()));
    };
    match check.broken.len() {
        0 => Ok(members),
        1 => Err(Refusal::Validation(format!("1 validation error detected: {}", check.broken[0]))),
        count => Err(Refusal::Validation(format!(
            "{count} validation errors detected: {}",
            check.broken.join("; ")
        ))),
    }
}

struct Check {
    broken: Vec<String>,
}

impl Check {
    fn value(&mut self, value: &Value, shape: &Shape, path: &str) -> Result<Value, Refusal> {
        let mistyped = || Refusal::Serialization(format!("`{path}` is of another type"));
        match shape {
            Shape::Text { min, max, lines } => {
                let text = value.as_str().ok_or_else(mistyped)?;
                self.text(text, *min, *max, *lines, path);
            }
            Shape::Number { min, max } => {
                let number = value.as_i64().ok_or_else(mistyped)?;
                if number < *min {
                    self.breaks(
                        path,
                        &format!("Member must have value greater than or equal to {min}"),
                    );
                } else if number > *max {
                    self.breaks(
                        path,
                        &format!("Member must have value less than or equal to {max}"),
                    );
                }
            }
            Shape::Time => drop(value.as_f64().ok_or_else(mistyped)?),
            Shape::Flag => drop(value.as_bool().ok_or_else(mistyped)?),
            Shape::List { of, max } => {
                let values = value.as_array().ok_or_else(mistyped)?;
                if values.len() > *max {
                    self.breaks(
                        path,
                        &format!("Member must have length less than or equal to {max}"),
                    );
                }
                let members = values.iter().zip(1..);
                return members
                    .map(|(value, number)| {
                        self.value(value, of, &format!("{path}.{number}.member"))
                    })
                    .collect();
            }
            Shape::Parameters => {
                for (key, value) in value.as_object().ok_or_else(mistyped)? {
                    self.text(key, 1, MAX_KEY_BYTES, Lines::One, &format!("{path}.key"));
                    let value = value.as_str().ok_or_else(mistyped)?;
                    self.text(value, 0, MAX_PARAMETER_BYTES, Lines::Free, &format!("{path}.{key}"));
                }
            }
            Shape::Structure(members) => {
                let given = value.as_object().ok_or_else(mistyped)?;
                return self.members(given, members, path).map(Value::Object);
            }
            Shape::Absent => {
                return Err(Refusal::InvalidInput(format!("this stand-in has no `{path}`")));
            }
        }
        Ok(value.clone())
    }

    fn members(
        &mut self,
        given: &Map<String, Value>,
        members: &[Member],
        path: &str,
    ) -> Result<Map<String, Value>, Refusal> {
        let mut kept = Map::new();
        for member in members {
            let path = join(path, member.name);
            match given.get(member.name) {
                None | Some(Value::Null) if member.required => {
                    self.breaks(&path, "Member must not be null");
                }
                None | Some(Value::Null) => {}
                Some(value) => {
                    let value = self.value(value, member.shape, &path)?;
                    kept.insert(member.name.to_owned(), value);
                }
            }
        }
        Ok(kept)
    }

    fn text(&mut self, text: &str, min: usize, max: usize, lines: Lines, path: &str) {
        if text.len() < min {
            self.breaks(path, &format!("Member must have length greater than or equal to {min}"));
        }
        if text.len() > max {
            self.breaks(path, &format!("Member must have length less than or equal to {max}"));
        }
        let fits = |letter: char| match letter {
            '\t' => true,
            '\r' | '\n' => lines == Lines::Many,
            letter => letter >= ' ' && !['\u{fffe}', '\u{ffff}'].contains(&letter),
        };
        if lines != Lines::Free && !text.chars().all(fits) {
            let breaks = if lines == Lines::Many { "\\r\\n" } else { "" };
            let pattern = format!(
                "[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF{breaks}\\t]*"
            );
            self.breaks(
                path,
                &format!("Member must satisfy regular expression pattern: {pattern}"),
            );
        }
    }

    /// The service also repeats the value.
    fn breaks(&mut self, path: &str, constraint: &str) {
        self.broken.push(format!("Value at '{path}' failed to satisfy constraint: {constraint}"));
    }
}

/// The service's own names in its messages: in camel case, and a table's input is `table`.
fn join(path: &str, name: &str) -> String {
    let name = if name == "TableInput" { "Table" } else { name };
    let (first, rest) = name.split_at(1);
    let dot = if path.is_empty() { "" } else { "." };
    format!("{path}{dot}{}{rest}", first.to_lowercase())
}
