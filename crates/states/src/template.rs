//! Payload templates (Parameters, ResultSelector, ItemSelector): JSON in which a field `x.$` is a path or an intrinsic function.

use serde_json::{Map, Value};

use crate::error::Fault;
use crate::intrinsic::Call;
use crate::path::{Path, Place, Scope};

/// One value of a definition: written out, or found when the state runs.
#[derive(Debug, Clone)]
pub(crate) enum Expression {
    Literal(Value),
    /// With the name of the field it stands in, for the message when nothing is there.
    Path(String, Path),
    Call(Call),
}

impl Expression {
    /// Parses the text of the field `field`, whose name ends in `.$` or `Path`.
    pub(crate) fn parse(field: &str, text: &str, place: Place) -> Result<Self, String> {
        if text.starts_with('$') {
            Ok(Self::Path(field.to_owned(), Path::parse(text, place)?))
        } else {
            Call::parse(text, place).map(Self::Call)
        }
    }

    pub(crate) fn evaluate(&self, scope: Scope<'_>) -> Result<Value, Fault> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Path(field, path) => path.find(scope).cloned().ok_or_else(|| {
                Fault::runtime(format!(
                    "The JSONPath '{}' specified for the field '{field}' could not be found in the input",
                    path.text()
                ))
            }),
            Self::Call(call) => call.evaluate(scope),
        }
    }

    /// The value, which must be a string.
    pub(crate) fn text(&self, field: &str, scope: Scope<'_>) -> Result<String, Fault> {
        match self.evaluate(scope)? {
            Value::String(text) => Ok(text),
            _ => Err(Fault::runtime(format!("The field '{field}' is not a string"))),
        }
    }
}

/// A template, ready to be filled.
#[derive(Debug, Clone)]
pub(crate) enum Template {
    Value(Expression),
    Object(Vec<(String, Template)>),
    Array(Vec<Template>),
}

/// What is wrong in a template, and where below it (a JSON pointer).
pub(crate) type TemplateError = (String, String);

impl Template {
    pub(crate) fn parse(value: &Value, place: Place) -> Result<Self, TemplateError> {
        match value {
            Value::Object(fields) => Self::object(fields, place),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| Self::parse(item, place).map_err(below(&index.to_string())))
                .collect::<Result<_, _>>()
                .map(Self::Array),
            value => Ok(Self::Value(Expression::Literal(value.clone()))),
        }
    }

    pub(crate) fn evaluate(&self, scope: Scope<'_>) -> Result<Value, Fault> {
        match self {
            Self::Value(expression) => expression.evaluate(scope),
            Self::Object(fields) => fields
                .iter()
                .map(|(name, template)| Ok((name.clone(), template.evaluate(scope)?)))
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::Object),
            Self::Array(items) => items
                .iter()
                .map(|item| item.evaluate(scope))
                .collect::<Result<_, _>>()
                .map(Value::Array),
        }
    }

    fn object(fields: &Map<String, Value>, place: Place) -> Result<Self, TemplateError> {
        let parsed = fields.iter().map(|(field, value)| {
            let Some(name) = field.strip_suffix(".$") else {
                let template = Self::parse(value, place).map_err(below(field))?;
                return Ok((field.clone(), template));
            };
            let expression = match value {
                _ if fields.contains_key(name) => Err(format!("`{name}` is given twice")),
                Value::String(text) => Expression::parse(field, text, place),
                _ => Err("must be a string: a path or an intrinsic function".to_owned()),
            };
            let expression = expression.map_err(|problem| (format!("/{field}"), problem))?;
            Ok((name.to_owned(), Self::Value(expression)))
        });
        parsed.collect::<Result<_, _>>().map(Self::Object)
    }
}

fn below(step: &str) -> impl Fn(TemplateError) -> TemplateError {
    move |(pointer, problem)| (format!("/{step}{pointer}"), problem)
}
