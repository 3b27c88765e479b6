//! Columns: from PostgreSQL's types, as the service names them, to Arrow's.
//!
//! | PostgreSQL | Arrow |
//! |---|---|
//! | boolean | Boolean |
//! | smallint, integer, bigint, and their serials; oid | Int16, Int32, Int64; Int64 |
//! | real, double precision | Float32, Float64, NaN and the infinities included |
//! | numeric(p, s) up to 38 digits | Decimal128(p, s) |
//! | numeric, as avg() and sum() give it | Decimal128(38, 18), rounded half up; a rounding is counted |
//! | numeric(p, s) of more than 38 digits | Decimal128(38, s), or (38, 18) if s is above 38 as well |
//! | date | Date32, of the years 1 to 9999 |
//! | timestamp, timestamptz | Timestamp(µs), Timestamp(µs, UTC), of the same years |
//! | bytea | Binary |
//! | arrays of one dimension of integers; of floats; of booleans | List of Int64; Float64; Boolean |
//! | other arrays of one dimension | List of Utf8, the elements as PostgreSQL prints them |
//! | text, varchar, char(n), name, uuid, json, jsonb, inet, cidr, time, enums, void, citext, vector | Utf8 |
//! | everything else (interval, timetz, money, xml, bit, ranges, geometry …), and arrays of it or of bytea | Utf8, as PostgreSQL prints it: the service cannot return it, so it is cast to text in the statement |
//!
//! A NaN or infinite numeric, an infinite date and one beyond those years are `value_out_of_range`: no
//! Arrow value means them, and NULL would lie.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use serde::Deserialize;

use crate::{Error, ErrorKind};

/// The scale of a numeric that declares none.
const DEFAULT_SCALE: i8 = 18;

/// What the service says of a column: its `ColumnMetadata`, as far as it matters here.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Metadata {
    name: Option<String>,
    label: Option<String>,
    type_name: Option<String>,
    precision: Option<i32>,
    scale: Option<i32>,
    schema_name: Option<String>,
    table_name: Option<String>,
}

/// A column of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name as the SQL gives it: perhaps empty, in any letters, not always unique.
    pub name: String,
    /// PostgreSQL's short name of its type: `int4`, `numeric(10,2)`, `text[]`, an enum's own name.
    pub postgres_type: String,
    /// Its type in the batches.
    pub data_type: DataType,
    /// The schema and the table that it is a plain column of, where it is one and the service says so. There it
    /// has `name` as well, unless the SQL renamed it.
    pub origin: Option<(String, String)>,
}

impl Metadata {
    fn digits(&self) -> (i32, i32) {
        (self.precision.unwrap_or_default(), self.scale.unwrap_or_default())
    }
}

impl Column {
    /// Reads what the service says of a column.
    pub(crate) fn of(metadata: &Metadata) -> Result<Column, Error> {
        let column = Column::of_any_type(metadata);
        let type_name = metadata.type_name.as_deref().unwrap_or_default();
        let (precision, scale) = metadata.digits();
        if data_type(type_name, precision, scale).is_some() {
            return Ok(column);
        }
        let Column { name, postgres_type, .. } = column;
        let message = format!(
            "column `{name}` is of type `{postgres_type}`, which the RDS Data API cannot return; cast it to text: \
             `(…)::text AS {name}`"
        );
        Err(Error::new(ErrorKind::UnsupportedType, message))
    }

    /// The same, as text where the service cannot return the type.
    pub(crate) fn of_any_type(metadata: &Metadata) -> Column {
        let name = metadata.label.as_ref().or(metadata.name.as_ref()).cloned().unwrap_or_default();
        let type_name = metadata.type_name.as_deref().unwrap_or_default();
        let (precision, scale) = metadata.digits();
        let postgres_type = match (type_name.strip_prefix('_'), type_name) {
            (Some(element), _) => format!("{element}[]"),
            (None, "numeric") if precision > 0 => format!("numeric({precision},{scale})"),
            (None, name) => name.to_owned(),
        };
        let data_type = data_type(type_name, precision, scale).unwrap_or(DataType::Utf8);
        let filled = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
        let origin = filled(&metadata.schema_name).zip(filled(&metadata.table_name));
        Column { name, postgres_type, data_type, origin }
    }
}

/// Types of Utf8 that the service returns as PostgreSQL prints them. Of some a cast to text would be another value:
/// `inet` has its mask then, and `char(n)` no spaces at its end.
const RETURNED_AS_TEXT: [&str; 11] = [
    "text", "varchar", "bpchar", "name", "uuid", "json", "jsonb", "inet", "cidr", "time", "citext",
];

/// What stands before and after a statement so that its columns of types that the service refuses, or may refuse,
/// are cast to text; `None` if there is none.
///
/// The rows stay in their order: PostgreSQL does not pull a subquery with an ORDER BY up, and a scan of it
/// without a condition, a sort or a join hands its rows on as they come.
pub(crate) fn select_as_text(columns: &[Column]) -> Option<(String, String)> {
    let is_cast = |column: &Column| {
        column.data_type == DataType::Utf8
            && !RETURNED_AS_TEXT.contains(&column.postgres_type.as_str())
    };
    if !columns.iter().any(is_cast) {
        return None;
    }
    // Two columns may have one name, so inside they go by their place.
    let places: Vec<String> = (1..=columns.len()).map(|place| format!("c{place}")).collect();
    let outputs: Vec<String> = columns
        .iter()
        .zip(&places)
        .map(|(column, place)| {
            let cast = if is_cast(column) { "::text" } else { "" };
            format!("{place}{cast} AS \"{}\"", column.name.replace('"', "\"\""))
        })
        .collect();
    // On a line of its own, since the statement may end in a comment.
    let after = format!("\n) AS q ({})", places.join(", "));
    Some((format!("SELECT {} FROM (", outputs.join(", ")), after))
}

/// The Arrow schema of these columns. Every field may be NULL: PostgreSQL does not say which cannot.
pub(crate) fn schema(columns: &[Column]) -> SchemaRef {
    let field = |column: &Column| Field::new(&column.name, column.data_type.clone(), true);
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

fn data_type(type_name: &str, precision: i32, scale: i32) -> Option<DataType> {
    Some(match type_name {
        "bool" => DataType::Boolean,
        "int2" | "smallserial" => DataType::Int16,
        "int4" | "serial" => DataType::Int32,
        "int8" | "bigserial" | "oid" => DataType::Int64,
        "float4" => DataType::Float32,
        "float8" => DataType::Float64,
        "numeric" => decimal(precision, scale),
        "date" => DataType::Date32,
        "timestamp" => DataType::Timestamp(TimeUnit::Microsecond, None),
        "timestamptz" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        "bytea" => DataType::Binary,
        refused if is_refused(refused) => return None,
        array if array.starts_with('_') => {
            let element = match &array[1..] {
                "bool" => DataType::Boolean,
                "int2" | "int4" | "int8" | "oid" => DataType::Int64,
                "float4" | "float8" => DataType::Float64,
                element if element == "bytea" || is_refused(element) => return None,
                _ => DataType::Utf8,
            };
            DataType::List(Arc::new(list_element(element)))
        }
        // An enum or a domain comes under its own name.
        _ => DataType::Utf8,
    })
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
/// "Data API operations reference". Refused here by name as well, so that a report without rows does not
/// promise what the next one cannot keep.
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
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn column(type_name: &str, precision: i32, scale: i32) -> Result<Column, Error> {
        Column::of(&Metadata {
            label: Some("price".to_owned()),
            type_name: Some(type_name.to_owned()),
            precision: Some(precision),
            scale: Some(scale),
            ..Metadata::default()
        })
    }

    #[test]
    fn every_type_has_one_arrow_type() {
        let check = |type_name, postgres_type, expected: &str| {
            let column = column(type_name, 0, 0).unwrap();
            let arrow = match &column.data_type {
                DataType::List(element) => format!("List({})", element.data_type()),
                other => other.to_string(),
            };
            assert_eq!(
                (column.postgres_type.as_str(), arrow.as_str()),
                (postgres_type, expected),
                "{type_name}"
            );
        };
        check("bool", "bool", "Boolean");
        check("int2", "int2", "Int16");
        check("serial", "serial", "Int32");
        check("int8", "int8", "Int64");
        check("oid", "oid", "Int64");
        check("float4", "float4", "Float32");
        check("float8", "float8", "Float64");
        check("numeric", "numeric", "Decimal128(38, 18)");
        check("date", "date", "Date32");
        check("timestamp", "timestamp", "Timestamp(µs)");
        check("timestamptz", "timestamptz", "Timestamp(µs, \"UTC\")");
        check("bytea", "bytea", "Binary");
        check("time", "time", "Utf8");
        check("uuid", "uuid", "Utf8");
        check("jsonb", "jsonb", "Utf8");
        check("mood", "mood", "Utf8");
        check("region", "region", "Utf8");
        check("_int4", "int4[]", "List(Int64)");
        check("_float8", "float8[]", "List(Float64)");
        check("_bool", "bool[]", "List(Boolean)");
        check("_numeric", "numeric[]", "List(Utf8)");
    }

    #[test]
    fn a_declared_scale_is_kept() {
        let check = |precision, scale, expected: (u8, i8)| {
            let expected = DataType::Decimal128(expected.0, expected.1);
            assert_eq!(
                column("numeric", precision, scale).unwrap().data_type,
                expected,
                "({precision},{scale})"
            );
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

    #[test]
    fn what_the_service_refuses_is_refused_by_name() {
        for type_name in [
            "interval",
            "money",
            "xml",
            "regclass",
            "tstzrange",
            "int4multirange",
            "_timetz",
            "_bytea",
        ] {
            let error = column(type_name, 0, 0).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnsupportedType, "{type_name}");
            assert!(error.to_string().contains("`(…)::text AS price`"), "{error}");
        }
    }
}
