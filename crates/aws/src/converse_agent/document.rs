//! The SDK's documents (a tool's input and its schema) from JSON and back.

use aws_smithy_types::{Document, Number};
use serde_json::Value;

/// An object's members come out in the order of their names, so that equal documents give equal text.
pub(super) fn to_json(document: &Document) -> Value {
    match document {
        Document::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), to_json(member))).collect()
        }
        Document::Array(items) => items.iter().map(to_json).collect(),
        Document::Number(Number::PosInt(number)) => (*number).into(),
        Document::Number(Number::NegInt(number)) => (*number).into(),
        Document::Number(Number::Float(number)) => (*number).into(),
        Document::String(text) => text.as_str().into(),
        Document::Bool(truth) => (*truth).into(),
        Document::Null => Value::Null,
    }
}

/// A number that is neither is a float.
pub(super) fn from_json(value: Value) -> Document {
    match value {
        Value::Object(members) => Document::Object(
            members.into_iter().map(|(name, member)| (name, from_json(member))).collect(),
        ),
        Value::Array(items) => Document::Array(items.into_iter().map(from_json).collect()),
        Value::Number(number) => Document::Number(match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => Number::PosInt(number),
            (None, Some(number)) => Number::NegInt(number),
            (None, None) => Number::Float(number.as_f64().unwrap_or_default()),
        }),
        Value::String(text) => Document::String(text),
        Value::Bool(truth) => Document::Bool(truth),
        Value::Null => Document::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_its_json() {
        for value in [
            json!({ "b": [1, -2, 0.5, "text", true, null], "a": { "c": {} } }),
            json!([]),
            json!(u64::MAX),
            json!(i64::MIN),
        ] {
            assert_eq!(to_json(&from_json(value.clone())), value);
        }
    }
}
