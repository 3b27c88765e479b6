//! The service's `Field`: one value of a result.

use std::borrow::Cow;

use serde::Serialize;

/// A union. It is written by hand: half of the time of a large answer went into its small pieces.
#[derive(Debug, PartialEq)]
pub(super) enum Field<'a> {
    Null,
    Boolean(bool),
    Long(i64),
    Double(Double),
    String(Cow<'a, str>),
    /// Base64.
    Blob(String),
    Array(Array),
}

/// A list of one type; SQL's NULL is JSON's.
#[derive(Debug, PartialEq)]
pub(super) enum Array {
    Booleans(Vec<Option<bool>>),
    Longs(Vec<Option<i64>>),
    Doubles(Vec<Option<Double>>),
    Strings(Vec<Option<String>>),
}

/// NaN and the infinities travel as words, which PostgreSQL and the SDKs spell alike.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Double {
    Number(f64),
    Word(String),
}

impl Field<'_> {
    /// As `records` has it: an object with exactly one member.
    pub(super) fn write(&self, json: &mut Vec<u8>) -> serde_json::Result<()> {
        let (open, close) = match self {
            Field::Null => {
                json.extend_from_slice(br#"{"isNull":true}"#);
                return Ok(());
            }
            Field::Boolean(_) => (r#"{"booleanValue":"#, "}"),
            Field::Long(_) => (r#"{"longValue":"#, "}"),
            Field::Double(_) => (r#"{"doubleValue":"#, "}"),
            Field::String(_) => (r#"{"stringValue":"#, "}"),
            Field::Blob(_) => (r#"{"blobValue":"#, "}"),
            Field::Array(Array::Booleans(_)) => (r#"{"arrayValue":{"booleanValues":"#, "}}"),
            Field::Array(Array::Longs(_)) => (r#"{"arrayValue":{"longValues":"#, "}}"),
            Field::Array(Array::Doubles(_)) => (r#"{"arrayValue":{"doubleValues":"#, "}}"),
            Field::Array(Array::Strings(_)) => (r#"{"arrayValue":{"stringValues":"#, "}}"),
        };
        json.extend_from_slice(open.as_bytes());
        self.write_plain(json)?;
        json.extend_from_slice(close.as_bytes());
        Ok(())
    }

    /// As `formattedRecords` has it: the value alone.
    pub(super) fn write_plain(&self, json: &mut Vec<u8>) -> serde_json::Result<()> {
        match self {
            Field::Null => serde_json::to_writer(json, &()),
            Field::Boolean(value) => serde_json::to_writer(json, value),
            Field::Long(value) => serde_json::to_writer(json, value),
            Field::Double(value) => serde_json::to_writer(json, value),
            Field::String(value) => serde_json::to_writer(json, value),
            Field::Blob(value) => serde_json::to_writer(json, value),
            Field::Array(Array::Booleans(values)) => serde_json::to_writer(json, values),
            Field::Array(Array::Longs(values)) => serde_json::to_writer(json, values),
            Field::Array(Array::Doubles(values)) => serde_json::to_writer(json, values),
            Field::Array(Array::Strings(values)) => serde_json::to_writer(json, values),
        }
    }
}
