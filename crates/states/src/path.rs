//! The JSONPath subset: one place in a document, by names and indexes. And the paths of InputPath, OutputPath and ResultPath.

use serde_json::{Map, Value};

use crate::error::{Fault, RESULT_PATH_MATCH_FAILURE};

/// What a path or template is evaluated against.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// What `$` means.
    pub(crate) input: &'a Value,
    /// What `$$` means: the context object.
    pub(crate) context: &'a Value,
}

/// Where a path is written, which decides what the context object holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    State,
    ItemSelector,
}

/// A path such as `$.plan.items[0]['a b']` or `$$.Execution.Name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    text: String,
    of_context: bool,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(String),
    Index(usize),
}

/// The parts of the context object that exist here, each with whether it has parts of its own.
const CONTEXT: [(&[&str], bool); 9] = [
    (&["Execution", "Id"], false),
    (&["Execution", "Name"], false),
    (&["Execution", "Input"], true),
    (&["Execution", "StartTime"], false),
    (&["State", "Name"], false),
    (&["State", "EnteredTime"], false),
    (&["State", "RetryCount"], false),
    (&["StateMachine", "Id"], false),
    (&["StateMachine", "Name"], false),
];
const CONTEXT_ITEM: [(&[&str], bool); 2] =
    [(&["Map", "Item", "Index"], false), (&["Map", "Item", "Value"], true)];

impl Path {
    pub(crate) fn parse(text: &str, place: Place) -> Result<Self, String> {
        let (of_context, rest) = match (text.strip_prefix("$$"), text.strip_prefix('$')) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(format!("`{text}` is not a path: a path begins with `$`")),
        };
        let path = Self { text: text.to_owned(), of_context, steps: steps(text, rest)? };
        if of_context && !path.is_in_context(place) {
            return Err(format!("context object field `{text}` is not supported here"));
        }
        Ok(path)
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The value at this path, if there is one.
    pub(crate) fn find<'a>(&self, scope: Scope<'a>) -> Option<&'a Value> {
        let root = if self.of_context { scope.context } else { scope.input };
        self.steps.iter().try_fold(root, |value, step| match step {
            Step::Field(name) => value.get(name),
            Step::Index(index) => value.get(index),
        })
    }

    fn is_in_context(&self, place: Place) -> bool {
        let item = CONTEXT_ITEM.iter().filter(|_| place == Place::ItemSelector);
        CONTEXT.iter().chain(item).any(|(names, deep)| {
            let steps = self.steps.iter().map(|step| match step {
                Step::Field(name) => name.as_str(),
                Step::Index(_) => "",
            });
            let is_prefix = steps.take(names.len()).eq(names.iter().copied());
            is_prefix && (*deep || self.steps.len() == names.len())
        })
    }
}

fn steps(text: &str, mut rest: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, after) = step(rest).ok_or_else(|| {
            format!("path `{text}` is not supported: only names and indexes are, such as `$.a.b[0]['c']`")
        })?;
        steps.push(step);
        rest = after;
    }
    Ok(steps)
}

fn step(rest: &str) -> Option<(Step, &str)> {
    if let Some(rest) = rest.strip_prefix('.') {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        return (!name.is_empty() && name.chars().all(plain))
            .then(|| (Step::Field(name.to_owned()), after));
    }
    let rest = rest.strip_prefix('[')?;
    for quote in ['\'', '"'] {
        if let Some(rest) = rest.strip_prefix(quote) {
            let (name, after) = rest.split_once(quote)?;
            let is_plain = !name.is_empty() && !name.contains('\\');
            return is_plain.then_some((Step::Field(name.to_owned()), after.strip_prefix(']')?));
        }
    }
    let (index, after) = rest.split_once(']')?;
    let is_index = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
    is_index.then_some(())?;
    Some((Step::Index(index.parse().ok()?), after))
}

/// InputPath or OutputPath: a part of the data, or (`null`) an empty object.
#[derive(Debug, Clone)]
pub(crate) enum Selection {
    Nothing,
    Whole,
    Part(Path),
}

impl Selection {
    pub(crate) fn select(&self, value: Value, context: &Value) -> Result<Value, Fault> {
        match self {
            Self::Nothing => Ok(Value::Object(Map::new())),
            Self::Whole => Ok(value),
            Self::Part(path) => {
                path.find(Scope { input: &value, context }).cloned().ok_or_else(|| {
                    Fault::runtime(format!("Invalid path '{}' : No results", path.text))
                })
            }
        }
    }
}

/// Where a state's result goes in its input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ResultPath {
    /// `null`: the result is dropped, the input goes on.
    Discard,
    /// `$`: the result goes on.
    Replace,
    /// `$.a.b`: the input goes on with the result in it; missing objects are made.
    Insert(Vec<String>),
}

impl ResultPath {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let path = Path::parse(text, Place::State)?;
        if path.of_context {
            return Err("`ResultPath` can't change the context object".to_owned());
        }
        let names: Option<Vec<_>> = path
            .steps
            .into_iter()
            .map(|step| match step {
                Step::Field(name) => Some(name),
                Step::Index(_) => None,
            })
            .collect();
        match names {
            Some(names) if names.is_empty() => Ok(Self::Replace),
            Some(names) => Ok(Self::Insert(names)),
            None => Err(format!("an index in the ResultPath `{text}` is not supported")),
        }
    }

    pub(crate) fn apply(&self, mut input: Value, result: Value) -> Result<Value, Fault> {
        match self {
            Self::Discard => Ok(input),
            Self::Replace => Ok(result),
            Self::Insert(names) => {
                let mut place = &mut input;
                for name in names {
                    let Value::Object(fields) = place else {
                        return Err(Fault::found(
                            RESULT_PATH_MATCH_FAILURE,
                            format!(
                                "Unable to apply ResultPath: '{name}' has no object to go into"
                            ),
                        ));
                    };
                    place = fields.entry(name).or_insert_with(|| Value::Object(Map::new()));
                }
                *place = result;
                Ok(input)
            }
        }
    }
}
