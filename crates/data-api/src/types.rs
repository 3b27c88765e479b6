//! From PostgreSQL's types, as the service names them, to Arrow's: one row a type.
//!
//! | PostgreSQL | Data API | Arrow |
//! |---|---|---|
//! | boolean | booleanValue | Boolean |
//! | smallint, integer, bigint, and their serials; oid | longValue | Int16, Int32, Int64; Int64 |
//! | real, double precision | doubleValue | Float32, Float64, NaN and the infinities included |
//! | numeric(p, s) up to 38 digits | stringValue | Decimal128(p, s) |
//! | numeric, as avg() and sum() give it | stringValue | Decimal128(38, 18), rounded half up; a rounding is counted |
//! | numeric(p, s) of more than 38 digits | stringValue | Decimal128(38, s), or (38, 18) if s is above 38 as well |
//! | date | stringValue | Date32, of the years 1 to 9999 |
//! | timestamp, timestamptz | stringValue | Timestamp(µs), Timestamp(µs, UTC), of the same years |
//! | bytea | blobValue | Binary |
//! | text, varchar, char(n), name, uuid, json, jsonb, inet, cidr, time, citext | stringValue | Utf8 |
//! | enums, void, vector and whatever else comes as a string | stringValue | Utf8 |
//! | everything else: interval, timetz, money, xml, bit, ranges, geometry, composites … | refused; cast to text in the statement | Utf8, as PostgreSQL prints it |
//! | arrays of integers; of floats; of booleans | arrayValue | List of Int64; Float64; Boolean |
//! | other arrays | arrayValue | List of Utf8, the elements as PostgreSQL prints them |
//! | arrays of what is refused, and of bytea | refused; cast to `text[]` | the same |
//! | a column of arrays, one of which has more than one dimension | refused; cast to text | Utf8, `{{1,2},{3,4}}` |
//!
//! A domain is what it is made of. A NaN or infinite numeric, an infinite date and one beyond those years are
//! `value_out_of_range`: no Arrow value means them, and NULL would lie.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, TimeUnit};

/// The scale of a numeric that declares none.
const DEFAULT_SCALE: i8 = 18;

/// How a column of a PostgreSQL type is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) data_type: DataType,
    pub(crate) cast: Cast,
}

/// What the statement casts the column to before the service sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cast {
    /// Nothing: the service returns the type.
    Never,
    /// To that type, once the service has refused the result. Nobody says which types of the owner it returns.
    IfRefused(&'static str),
    /// To that type: the service refuses it as soon as there is a row. So it is refused by name as well, and a
    /// report without rows does not promise what the next one cannot keep.
    Always(&'static str),
}

/// Types of Utf8 that the service returns as PostgreSQL prints them. Of some a cast to text would be another value:
/// `inet` has its mask then, and `char(n)` no spaces at its end.
const RETURNED_AS_TEXT: [&str; 11] = [
    "text", "varchar", "bpchar", "name", "uuid", "json", "jsonb", "inet", "cidr", "time", "citext",
];

/// How a column is read whose type has that name in `pg_type`: an array's begins with an underscore. With
/// `arrays_as_text` every array is cast to text.
pub(crate) fn reading(
    type_name: &str,
    precision: i32,
    scale: i32,
    arrays_as_text: bool,
) -> Reading {
    let returned = |data_type| Reading { data_type, cast: Cast::Never };
    let text = |cast| Reading { data_type: DataType::Utf8, cast };
    match type_name {
        "bool" => returned(DataType::Boolean),
        "int2" | "smallserial" => returned(DataType::Int16),
        "int4" | "serial" => returned(DataType::Int32),
        "int8" | "bigserial" | "oid" => returned(DataType::Int64),
        "float4" => returned(DataType::Float32),
        "float8" => returned(DataType::Float64),
        "numeric" => returned(decimal(precision, scale)),
        "date" => returned(DataType::Date32),
        "timestamp" => returned(DataType::Timestamp(TimeUnit::Microsecond, None)),
        "timestamptz" => returned(DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
        "bytea" => returned(DataType::Binary),
        name if RETURNED_AS_TEXT.contains(&name) => text(Cast::Never),
        name if is_refused(name) => text(Cast::Always("text")),
        array if array.starts_with('_') => match &array[1..] {
            _ if arrays_as_text => text(Cast::Always("text")),
            "bool" => returned(list(DataType::Boolean)),
            "int2" | "int4" | "int8" | "oid" => returned(list(DataType::Int64)),
            "float4" | "float8" => returned(list(DataType::Float64)),
            "numeric" | "date" | "timestamp" | "timestamptz" => returned(list(DataType::Utf8)),
            element if RETURNED_AS_TEXT.contains(&element) => returned(list(DataType::Utf8)),
            element if element == "bytea" || is_refused(element) => {
                Reading { data_type: list(DataType::Utf8), cast: Cast::Always("text[]") }
            }
            _ => Reading { data_type: list(DataType::Utf8), cast: Cast::IfRefused("text[]") },
        },
        // An enum comes under its own name.
        _ => text(Cast::IfRefused("text")),
    }
}

fn list(element: DataType) -> DataType {
    DataType::List(Arc::new(list_element(element)))
}

/// The field inside of a list; "element" is Parquet's name for it.
pub(crate) fn list_element(data_type: DataType) -> Field {
    Field::new("element", data_type, true)
}

fn decimal(precision: i32, scale: i32) -> DataType {
    let (precision, scale) = match (precision, scale) {
        // Since PostgreSQL 15 a scale may be negative (rounded before the point) or above the precision.
        (1..=38, ..0) => (precision - scale, 0),
        (1..=38, 0..=38) => (precision.max(scale), scale),
        (39.., 0..=38) => (38, scale),
        _ => (38, i32::from(DEFAULT_SCALE)),
    };
    // Both are within 0..=38 here, but for the precision of a far negative scale.
    DataType::Decimal128(precision.min(38) as u8, scale as i8)
}

/// What the service answers with `UnsupportedResultException` as soon as there is a row: AWS User Guide,
/// "Data API operations reference".
fn is_refused(type_name: &str) -> bool {
    matches!(
        type_name,
        "interval"
            | "timetz"
            | "money"
            | "xml"
            | "bit"
            | "varbit"
            | "char"
            | "macaddr"
            | "macaddr8"
            | "point"
            | "line"
            | "lseg"
            | "box"
            | "path"
            | "polygon"
            | "circle"
            | "tsvector"
            | "tsquery"
            | "jsonpath"
            | "pg_lsn"
            | "pg_snapshot"
            | "xid"
            | "xid8"
            | "cid"
            | "tid"
            | "record"
    ) || (type_name.starts_with("reg") && !type_name.contains('_') && type_name.len() > 6)
        || ["int4", "int8", "num", "ts", "tstz", "date"]
            .iter()
            .any(|of| matches!(type_name.strip_prefix(of), Some("range" | "multirange")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(type_name: &str, arrays_as_text: bool) -> (String, Cast) {
        let reading = reading(type_name, 0, 0, arrays_as_text);
        let arrow = match &reading.data_type {
            DataType::List(element) => format!("List({})", element.data_type()),
            other => other.to_string(),
        };
        (arrow, reading.cast)
    }

    #[test]
    fn every_type_has_one_arrow_type() {
        let check = |type_name, arrow: &str, cast| {
            assert_eq!(read(type_name, false), (arrow.to_owned(), cast), "{type_name}");
        };
        let (never, text, texts) = (Cast::Never, Cast::Always("text"), Cast::Always("text[]"));
        check("bool", "Boolean", never);
        check("int2", "Int16", never);
        check("serial", "Int32", never);
        check("int8", "Int64", never);
        check("oid", "Int64", never);
        check("float4", "Float32", never);
        check("float8", "Float64", never);
        check("numeric", "Decimal128(38, 18)", never);
        check("date", "Date32", never);
        check("timestamp", "Timestamp(µs)", never);
        check("timestamptz", "Timestamp(µs, \"UTC\")", never);
        check("bytea", "Binary", never);
        check("time", "Utf8", never);
        check("uuid", "Utf8", never);
        check("jsonb", "Utf8", never);
        check("mood", "Utf8", Cast::IfRefused("text"));
        check("region", "Utf8", Cast::IfRefused("text"));
        check("interval", "Utf8", text);
        check("money", "Utf8", text);
        check("xml", "Utf8", text);
        check("regclass", "Utf8", text);
        check("tstzrange", "Utf8", text);
        check("int4multirange", "Utf8", text);
        check("_int4", "List(Int64)", never);
        check("_float8", "List(Float64)", never);
        check("_bool", "List(Boolean)", never);
        check("_numeric", "List(Utf8)", never);
        check("_inet", "List(Utf8)", never);
        check("_timetz", "List(Utf8)", texts);
        check("_bytea", "List(Utf8)", texts);
        check("_mood", "List(Utf8)", Cast::IfRefused("text[]"));
        check("_aclitem", "List(Utf8)", Cast::IfRefused("text[]"));
    }

    #[test]
    fn arrays_may_be_read_as_text() {
        for type_name in ["_int4", "_text", "_bytea", "_mood"] {
            let expected = ("Utf8".to_owned(), Cast::Always("text"));
            assert_eq!(read(type_name, true), expected, "{type_name}");
        }
        assert_eq!(read("int4", true), ("Int32".to_owned(), Cast::Never));
    }

    #[test]
    fn a_declared_scale_is_kept() {
        let check = |precision, scale, expected: (u8, i8)| {
            let expected = DataType::Decimal128(expected.0, expected.1);
            let found = reading("numeric", precision, scale, false).data_type;
            assert_eq!(found, expected, "({precision},{scale})");
        };
        check(10, 2, (10, 2));
        check(38, 38, (38, 38));
        check(3, 5, (5, 5));
        check(5, -2, (7, 0));
        check(38, -100, (38, 0));
        check(50, 2, (38, 2));
        check(100, 60, (38, 18));
        check(0, 0, (38, 18));
    }
}
