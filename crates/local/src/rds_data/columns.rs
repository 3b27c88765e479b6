//! `columnMetadata`, with the numbers that PostgreSQL's JDBC driver gives: the service's clients
//! were written against them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use tokio_postgres::{
    Client, Column,
    types::{Kind, Type},
};

use super::error::DataError;

/// JDBC's "no limit known".
const UNBOUNDED: i32 = i32::MAX;

/// One column of a result.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ColumnMetadata {
    name: String,
    label: String,
    /// A number of `java.sql.Types`.
    r#type: i32,
    type_name: String,
    /// 0: never NULL, 1: perhaps NULL, 2: unknown, as of an expression.
    nullable: i32,
    precision: i32,
    scale: i32,
    /// Always empty, as in every answer of the service that we have seen.
    schema_name: String,
    table_name: String,
    array_base_column_type: i32,
    is_signed: bool,
    is_case_sensitive: bool,
    is_currency: bool,
    is_auto_increment: bool,
}

/// Describes `columns`, asking the catalog about those that come straight from a table and are not in `known`.
pub(super) async fn describe(
    client: &Client,
    columns: &[Column],
    known: &Mutex<Origins>,
) -> Result<Vec<ColumnMetadata>, DataError> {
    let lock = || known.lock().unwrap_or_else(PoisonError::into_inner);
    let unknown: Vec<_> = {
        let known = lock();
        columns.iter().filter_map(source).filter(|source| !known.contains_key(source)).collect()
    };
    let found = origins(client, unknown).await?;
    let mut known = lock();
    known.extend(found);
    Ok(columns
        .iter()
        .map(|column| {
            let origin = source(column).and_then(|source| known.get(&source));
            metadata(column.name(), column.type_(), column.type_modifier(), origin)
        })
        .collect())
}

/// What the catalog says of columns, by the table's oid and the column's number.
pub(super) type Origins = HashMap<(u32, i16), Origin>;

/// What the catalog knows of a table's column.
#[derive(Debug)]
pub(super) struct Origin {
    table: String,
    not_null: bool,
    auto_increment: bool,
}

async fn origins(client: &Client, sources: Vec<(u32, i16)>) -> Result<Origins, DataError> {
    if sources.is_empty() {
        return Ok(Origins::new());
    }
    let (tables, numbers): (Vec<u32>, Vec<i16>) = sources.into_iter().unzip();
    let rows = client.query(include_str!("column_origins.sql"), &[&tables, &numbers]).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let origin = Origin {
                table: row.get("table_name"),
                not_null: row.get("not_null"),
                auto_increment: row.get("auto_increment"),
            };
            ((row.get("table_oid"), row.get("column_number")), origin)
        })
        .collect())
}

fn source(column: &Column) -> Option<(u32, i16)> {
    column.table_oid().zip(column.column_id())
}

fn metadata(label: &str, r#type: &Type, modifier: i32, origin: Option<&Origin>) -> ColumnMetadata {
    let auto_increment = origin.is_some_and(|origin| origin.auto_increment);
    let element = match r#type.kind() {
        Kind::Array(element) => element,
        _ => r#type,
    };
    let numeric = is_numeric(element);
    let (precision, scale) = precision_and_scale(element, modifier);
    ColumnMetadata {
        name: label.to_owned(),
        label: label.to_owned(),
        r#type: jdbc_type(r#type),
        type_name: type_name(r#type, auto_increment).to_owned(),
        nullable: origin.map_or(2, |origin| i32::from(!origin.not_null)),
        precision,
        scale,
        schema_name: String::new(),
        table_name: origin.map_or_else(String::new, |origin| origin.table.clone()),
        array_base_column_type: 0,
        is_signed: numeric,
        is_case_sensitive: !(numeric || is_temporal(element) || *element == Type::BOOL),
        is_currency: *element == Type::MONEY,
        is_auto_increment: auto_increment,
    }
}

/// PostgreSQL's internal name, but a serial column comes as it was declared.
fn type_name(r#type: &Type, auto_increment: bool) -> &str {
    match *r#type {
        Type::INT2 if auto_increment => "smallserial",
        Type::INT4 if auto_increment => "serial",
        Type::INT8 if auto_increment => "bigserial",
        _ => r#type.name(),
    }
}

fn jdbc_type(r#type: &Type) -> i32 {
    match *r#type {
        Type::BOOL | Type::BIT => -7,
        Type::INT8 | Type::OID => -5,
        Type::BYTEA => -2,
        Type::BPCHAR | Type::CHAR => 1,
        Type::NUMERIC => 2,
        Type::INT4 => 4,
        Type::INT2 => 5,
        Type::FLOAT4 => 7,
        Type::FLOAT8 | Type::MONEY => 8,
        Type::TEXT | Type::VARCHAR | Type::NAME => 12,
        Type::DATE => 91,
        Type::TIME | Type::TIMETZ => 92,
        Type::TIMESTAMP | Type::TIMESTAMPTZ => 93,
        Type::XML => 2009,
        _ => match r#type.kind() {
            Kind::Enum(_) => 12,
            Kind::Domain(_) => 2001,
            Kind::Composite(_) => 2002,
            Kind::Array(_) => 2003,
            _ => 1111,
        },
    }
}

fn precision_and_scale(r#type: &Type, modifier: i32) -> (i32, i32) {
    let typed = modifier >= 0;
    // For types with a length the modifier counts its own four bytes; numeric packs two halves.
    let length = modifier - 4;
    let fraction = if typed { modifier } else { 6 };
    let with_fraction =
        |width: i32| (width + if fraction > 0 { 1 + fraction } else { 0 }, fraction);
    match *r#type {
        Type::INT2 => (5, 0),
        Type::INT4 | Type::OID => (10, 0),
        Type::INT8 => (19, 0),
        Type::FLOAT4 => (8, 8),
        Type::FLOAT8 => (17, 17),
        Type::NUMERIC if typed => ((length >> 16) & 0xFFFF, length & 0xFFFF),
        Type::NUMERIC => (0, 0),
        Type::BOOL | Type::CHAR => (1, 0),
        Type::BPCHAR | Type::VARCHAR if typed => (length, 0),
        Type::DATE => (13, 0),
        Type::TIME => with_fraction(8),
        Type::TIMETZ => with_fraction(14),
        Type::TIMESTAMP => with_fraction(22),
        Type::TIMESTAMPTZ => with_fraction(28),
        _ => (UNBOUNDED, 0),
    }
}

fn is_numeric(r#type: &Type) -> bool {
    matches!(
        *r#type,
        Type::INT2 | Type::INT4 | Type::INT8 | Type::FLOAT4 | Type::FLOAT8 | Type::NUMERIC
    )
}

fn is_temporal(r#type: &Type) -> bool {
    matches!(*r#type, Type::DATE | Type::TIME | Type::TIMETZ | Type::TIMESTAMP | Type::TIMESTAMPTZ)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_digits_as_jdbc_does() {
        let check = |r#type: Type, modifier, expected| {
            assert_eq!(precision_and_scale(&r#type, modifier), expected, "{type} {modifier}");
        };
        check(Type::INT4, -1, (10, 0));
        check(Type::NUMERIC, ((10 << 16) | 2) + 4, (10, 2));
        check(Type::NUMERIC, -1, (0, 0));
        check(Type::VARCHAR, 24, (20, 0));
        check(Type::TEXT, -1, (UNBOUNDED, 0));
        check(Type::TIMESTAMP, -1, (29, 6));
        check(Type::TIMESTAMPTZ, -1, (35, 6));
        check(Type::TIMESTAMP, 0, (22, 0));
    }
}
