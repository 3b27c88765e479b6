//! Values: from PostgreSQL's text to the service's `Field`.

use std::borrow::Cow;

use tokio_postgres::types::{Kind, Type};

use super::{
    array,
    error::DataError,
    field::{Array, Double, Field},
    request::{DecimalReturnType, LongReturnType, ResultSetOptions},
};

/// How the service gives the values of one type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Boolean,
    Long,
    Double,
    Decimal,
    Blob,
    /// As PostgreSQL prints it.
    Text,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Array(Box<Shape>),
    /// Refused, by the name that the service has for it.
    Unsupported(String),
}

impl Shape {
    /// AWS lists what it supports (User Guide, "Data API operations reference"); `oid`, `void`
    /// and `timestamptz` are not in the list and work. What is in neither is refused here.
    pub(super) fn of(r#type: &Type) -> Shape {
        match *r#type {
            Type::BOOL => Shape::Boolean,
            Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => Shape::Long,
            Type::FLOAT4 | Type::FLOAT8 => Shape::Double,
            Type::NUMERIC => Shape::Decimal,
            Type::BYTEA => Shape::Blob,
            Type::DATE => Shape::Date,
            Type::TIME => Shape::Time,
            Type::TIMESTAMP => Shape::Timestamp,
            Type::TIMESTAMPTZ => Shape::TimestampTz,
            Type::TEXT
            | Type::VARCHAR
            | Type::BPCHAR
            | Type::NAME
            | Type::UUID
            | Type::JSON
            | Type::JSONB
            | Type::INET
            | Type::CIDR
            | Type::VOID => Shape::Text,
            _ => match r#type.kind() {
                Kind::Enum(_) => Shape::Text,
                // The extensions `vector` and `citext`.
                Kind::Simple if matches!(r#type.name(), "vector" | "citext") => Shape::Text,
                Kind::Array(element) => match Shape::of(element) {
                    Shape::Unsupported(name) => Shape::Unsupported(format!("{name}[]")),
                    Shape::Blob => Shape::Unsupported("BYTEA[]".into()),
                    element => Shape::Array(Box::new(element)),
                },
                _ => Shape::Unsupported(service_name(r#type)),
            },
        }
    }

    /// The `Field` of one value.
    pub(super) fn field<'a>(
        &self,
        text: Option<&'a str>,
        options: ResultSetOptions,
    ) -> Result<Field<'a>, DataError> {
        if let Shape::Unsupported(name) = self {
            return Err(DataError::UnsupportedType(name.clone()));
        }
        let Some(text) = text else {
            return Ok(Field::Null);
        };
        Ok(match self {
            Shape::Boolean => Field::Boolean(boolean(text)),
            Shape::Long if options.long_return_type == LongReturnType::Long => {
                Field::Long(long(text)?)
            }
            Shape::Double => Field::Double(double(text)?),
            Shape::Decimal if options.decimal_return_type == DecimalReturnType::DoubleOrLong => {
                match long(text) {
                    Ok(value) => Field::Long(value),
                    Err(_) => Field::Double(double(text)?),
                }
            }
            Shape::Blob => Field::Blob(blob(text)?),
            Shape::Array(element) => Field::Array(element.array(text, options)?),
            _ => Field::String(self.string(text)?),
        })
    }

    /// What goes as text, in the words of the service.
    fn string<'a>(&self, text: &'a str) -> Result<Cow<'a, str>, DataError> {
        Ok(match self {
            Shape::Date => finite(text)?.into(),
            Shape::Time | Shape::Timestamp => with_fraction(finite(text)?.into()),
            Shape::TimestampTz => with_fraction(in_utc(finite(text)?)?),
            _ => text.into(),
        })
    }

    /// An array whose elements have this shape: one list, named for what it holds. Decimals in it
    /// are always strings: a list has one type.
    fn array(&self, text: &str, options: ResultSetOptions) -> Result<Array, DataError> {
        let elements = array::elements(text).ok_or(DataError::MultidimensionalArray)?;
        Ok(match self {
            Shape::Boolean => Array::Booleans(list(&elements, |text| Ok(boolean(text)))?),
            Shape::Long if options.long_return_type == LongReturnType::Long => {
                Array::Longs(list(&elements, long)?)
            }
            Shape::Double => Array::Doubles(list(&elements, double)?),
            _ => Array::Strings(list(&elements, |text| self.string(text).map(Cow::into_owned))?),
        })
    }
}

fn list<T>(
    elements: &[Option<String>],
    value: impl Fn(&str) -> Result<T, DataError>,
) -> Result<Vec<Option<T>>, DataError> {
    elements.iter().map(|element| element.as_deref().map(&value).transpose()).collect()
}

/// The service names built-in types in capitals, `"CHAR"` in quotes; types that it has no name
/// of its own for (`regclass`, `xml`, a composite) come as the catalog has them.
fn service_name(r#type: &Type) -> String {
    let name = r#type.name();
    let foreign = r#type.schema() != "pg_catalog"
        || name.starts_with("reg")
        || matches!(name, "xml" | "xid" | "xid8" | "cid" | "tid" | "tsvector" | "tsquery");
    match name {
        "char" => "\"CHAR\"".to_owned(),
        name if foreign || name.starts_with("pg_") => name.to_owned(),
        name => name.to_uppercase(),
    }
}

fn boolean(text: &str) -> bool {
    text == "t"
}

fn long(text: &str) -> Result<i64, DataError> {
    text.parse().map_err(|_| DataError::Internal)
}

fn double(text: &str) -> Result<Double, DataError> {
    let number: f64 = text.parse().map_err(|_| DataError::Internal)?;
    Ok(if number.is_finite() { Double::Number(number) } else { Double::Word(text.to_owned()) })
}

fn blob(text: &str) -> Result<String, DataError> {
    use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
    let hex = text.strip_prefix("\\x").ok_or(DataError::Internal)?;
    let byte = |pair: &[u8]| {
        let digits = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(digits, 16).ok()
    };
    let bytes: Option<Vec<u8>> = hex.as_bytes().chunks(2).map(byte).collect();
    Ok(BASE64.encode(bytes.ok_or(DataError::Internal)?))
}

/// `infinity` makes the service fail without a word.
fn finite(text: &str) -> Result<&str, DataError> {
    if text.ends_with("infinity") { Err(DataError::Internal) } else { Ok(text) }
}

/// The wall clock of UTC, without an offset: that the service drops it is a trap worth keeping.
fn in_utc(text: &str) -> Result<Cow<'_, str>, DataError> {
    if let Some(utc) = text.strip_suffix("+00") {
        return Ok(utc.into());
    }
    if let Some(utc) = text.strip_suffix("+00 BC") {
        return Ok(format!("{utc} BC").into());
    }
    // The session has set another time zone.
    let instant: jiff::Timestamp = text.parse().map_err(|_| DataError::Internal)?;
    Ok(instant.strftime("%Y-%m-%d %H:%M:%S%.f").to_string().into())
}

/// No fraction when it is zero, three digits when they say it all, else six. PostgreSQL prints as few as it can.
fn with_fraction(text: Cow<'_, str>) -> Cow<'_, str> {
    let Some(point) = text.find('.') else {
        return text;
    };
    let fraction = &text[point + 1..];
    let digits = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
    let zeros = match digits {
        3 | 6 => return text,
        0..3 => 3 - digits,
        _ => 6 - digits,
    };
    let mut text = text.into_owned();
    text.insert_str(point + 1 + digits, &"00"[..zeros]);
    text.into()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn field(r#type: &Type, text: &str, options: ResultSetOptions) -> Result<Value, DataError> {
        let mut json = Vec::new();
        Shape::of(r#type).field(Some(text), options)?.write(&mut json).expect("JSON");
        Ok(serde_json::from_slice(&json).expect("JSON"))
    }

    #[test]
    fn gives_values_as_the_service_does() {
        let check = |r#type: Type, text: &str, expected: Value| {
            let field = field(&r#type, text, ResultSetOptions::default());
            assert_eq!(field, Ok(expected), "{text}");
        };
        let string = |text: &str| json!({ "stringValue": text });
        check(Type::BOOL, "t", json!({ "booleanValue": true }));
        check(Type::INT8, "-9223372036854775808", json!({ "longValue": i64::MIN }));
        check(Type::FLOAT8, "0.1", json!({ "doubleValue": 0.1 }));
        check(Type::FLOAT8, "-Infinity", json!({ "doubleValue": "-Infinity" }));
        check(Type::NUMERIC, "1.50", string("1.50"));
        check(Type::BYTEA, "\\x00ff", json!({ "blobValue": "AP8=" }));
        check(Type::DATE, "2026-11-22", string("2026-11-22"));
        check(Type::TIME, "06:00:00.5", string("06:00:00.500"));
        check(Type::TIMESTAMP, "2026-11-22 06:00:00", string("2026-11-22 06:00:00"));
        check(Type::TIMESTAMPTZ, "2026-11-22 06:00:00+00", string("2026-11-22 06:00:00"));
        check(Type::TIMESTAMPTZ, "2026-11-22 06:00:00.1234+00", {
            string("2026-11-22 06:00:00.123400")
        });
        check(Type::TIMESTAMPTZ, "2026-11-22 07:00:00.25+05:30", {
            string("2026-11-22 01:30:00.250")
        });
        check(Type::TIMESTAMPTZ, "0044-03-15 12:00:00+00 BC", string("0044-03-15 12:00:00 BC"));
        check(Type::INT4_ARRAY, "{1,NULL}", json!({ "arrayValue": { "longValues": [1, null] } }));
        check(Type::TEXT_ARRAY, "{}", json!({ "arrayValue": { "stringValues": [] } }));
        check(Type::NUMERIC_ARRAY, "{1.50}", json!({ "arrayValue": { "stringValues": ["1.50"] } }));
    }

    #[test]
    fn refuses_what_the_service_refuses() {
        let check = |r#type: Type, text: &str, expected: DataError| {
            let field = field(&r#type, text, ResultSetOptions::default());
            assert_eq!(field, Err(expected), "{text}");
        };
        let unsupported = |name: &str| DataError::UnsupportedType(name.into());
        check(Type::INTERVAL, "1 day", unsupported("INTERVAL"));
        check(Type::TIMETZ, "06:00:00+02", unsupported("TIMETZ"));
        check(Type::CHAR, "r", unsupported("\"CHAR\""));
        check(Type::REGCLASS, "pg_class", unsupported("regclass"));
        check(Type::MONEY, "$1.00", unsupported("MONEY"));
        check(Type::POINT_ARRAY, "{}", unsupported("POINT[]"));
        check(Type::INT4_ARRAY, "{{1},{2}}", DataError::MultidimensionalArray);
        check(Type::TIMESTAMPTZ, "infinity", DataError::Internal);
    }

    #[test]
    fn honours_the_result_set_options() {
        let options = ResultSetOptions {
            decimal_return_type: DecimalReturnType::DoubleOrLong,
            long_return_type: LongReturnType::String,
        };
        let check = |r#type: Type, text: &str, expected: Value| {
            assert_eq!(field(&r#type, text, options), Ok(expected), "{text}");
        };
        check(Type::INT8, "7", json!({ "stringValue": "7" }));
        check(Type::NUMERIC, "7", json!({ "longValue": 7 }));
        check(Type::NUMERIC, "7.5", json!({ "doubleValue": 7.5 }));
        check(Type::INT4_ARRAY, "{7}", json!({ "arrayValue": { "stringValues": ["7"] } }));
    }
}
