//! The value of one field: which kind it is of, and into its column's builder with it.

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny};

use crate::cells::{CellBuilder, Misfit};
use crate::json::{Broken, Json};

/// Reads the value of the member `kind` of the service's `Field` into `cell`.
pub(crate) fn take(
    json: &mut Json<'_>,
    kind: &str,
    cell: &mut CellBuilder,
) -> Result<Result<(), Misfit>, Broken> {
    Ok(match (kind, json.peek()) {
        ("stringValue", Some(b'"')) => cell.append_text(&json.string()?),
        ("longValue", Some(b'-' | b'0'..=b'9')) => {
            let long = json.number()?.parse().map_err(|_| Misfit::Kind);
            long.and_then(|long| cell.append_long(long))
        }
        ("doubleValue", Some(b'-' | b'0'..=b'9')) => {
            let double = json.number()?.parse().map_err(|_| Misfit::Kind);
            double.and_then(|double| cell.append_double(double))
        }
        ("doubleValue", Some(b'"')) => {
            let double = not_a_number(&json.string()?).ok_or(Misfit::Kind);
            double.and_then(|double| cell.append_double(double))
        }
        ("booleanValue", Some(b't' | b'f')) => cell.append_boolean(json.value()?),
        ("isNull", Some(b't')) => {
            json.skip()?;
            cell.append_null();
            Ok(())
        }
        ("blobValue", Some(b'"')) => cell.append_base64(&json.string()?),
        ("arrayValue", Some(b'{')) => array(json.value()?, cell),
        _ => {
            json.skip()?;
            Err(Misfit::Kind)
        }
    })
}

/// The service's `ArrayValue`.
#[derive(Deserialize)]
enum Array {
    #[serde(rename = "longValues")]
    Longs(Vec<Option<i64>>),
    #[serde(rename = "doubleValues")]
    Doubles(Vec<Option<Double>>),
    #[serde(rename = "booleanValues")]
    Booleans(Vec<Option<bool>>),
    #[serde(rename = "stringValues")]
    Strings(Vec<Option<String>>),
    #[serde(rename = "arrayValues")]
    Arrays(IgnoredAny),
}

fn array(array: Array, cell: &mut CellBuilder) -> Result<(), Misfit> {
    match (array, cell) {
        (Array::Longs(values), CellBuilder::Longs(lists)) => lists.append_value(values),
        (Array::Doubles(values), CellBuilder::Doubles(lists)) => {
            lists.append_value(values.into_iter().map(|value| value.map(|Double(value)| value)));
        }
        (Array::Booleans(values), CellBuilder::Booleans(lists)) => lists.append_value(values),
        (Array::Strings(values), CellBuilder::Strings(lists)) => lists.append_value(values),
        _ => return Err(Misfit::Kind),
    }
    Ok(())
}

/// A number that may be none: the service's protocol writes those as strings.
struct Double(f64);

impl<'de> Deserialize<'de> for Double {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written<'a> {
            Number(f64),
            Name(&'a str),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(value) => Some(value),
            Written::Name(name) => not_a_number(name),
        }
        .map(Double)
        .ok_or_else(|| D::Error::custom("no number"))
    }
}

/// "Timestamps and numbers" of the restJson1 protocol: what JSON has no number for.
fn not_a_number(name: &str) -> Option<f64> {
    Some(match name {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        _ => return None,
    })
}
