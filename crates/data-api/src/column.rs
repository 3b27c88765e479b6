//! Columns of a result, and how a statement is to be written so that the service can return them.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use serde::Deserialize;

use crate::types::{Cast, Reading, reading};
use crate::{Error, ErrorKind};

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
    /// The table that it is a plain column of, where it is one, and that table's schema, if the service says it (pgjdbc,
    /// behind it, knows none). There it has `name` as well, unless the SQL renamed it.
    pub origin: Option<(Option<String>, String)>,
}

/// A column, and what the statement must cast it to.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    pub(crate) column: Column,
    pub(crate) cast: Cast,
}

impl Described {
    pub(crate) fn new(metadata: &Metadata, arrays_as_text: bool) -> Described {
        let name = metadata.label.as_ref().or(metadata.name.as_ref()).cloned().unwrap_or_default();
        let type_name = metadata.type_name.as_deref().unwrap_or_default();
        let precision = metadata.precision.unwrap_or_default();
        let scale = metadata.scale.unwrap_or_default();
        let postgres_type = match (type_name.strip_prefix('_'), type_name) {
            (Some(element), _) => format!("{element}[]"),
            (None, "numeric") if precision > 0 => format!("numeric({precision},{scale})"),
            (None, name) => name.to_owned(),
        };
        let Reading { data_type, cast } = reading(type_name, precision, scale, arrays_as_text);
        let filled = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
        let origin =
            filled(&metadata.table_name).map(|table| (filled(&metadata.schema_name), table));
        Described { column: Column { name, postgres_type, data_type, origin }, cast }
    }

    /// The column, if the service returns it as it is.
    pub(crate) fn unless_refused(self) -> Result<Column, Error> {
        let Cast::Always(target) = self.cast else { return Ok(self.column) };
        let Column { name, postgres_type, .. } = self.column;
        let message = format!(
            "column `{name}` is of type `{postgres_type}`, which the RDS Data API cannot return; cast it to text: \
             `(…)::{target} AS {name}`"
        );
        Err(Error::new(ErrorKind::UnsupportedType, message))
    }
}

/// What stands before and after a statement so that its columns of types that the service refuses, or may refuse,
/// are cast; `None` if there is none.
///
/// The rows stay in their order: PostgreSQL does not pull a subquery with an ORDER BY up, and a scan of it
/// without a condition, a sort or a join hands its rows on as they come.
pub(crate) fn select_as_text(columns: &[Described]) -> Option<(String, String)> {
    if columns.iter().all(|described| described.cast == Cast::Never) {
        return None;
    }
    // Two columns may have one name, so inside they go by their place.
    let places: Vec<String> = (1..=columns.len()).map(|place| format!("c{place}")).collect();
    let outputs: Vec<String> = columns
        .iter()
        .zip(&places)
        .map(|(Described { column, cast }, place)| {
            let cast = match cast {
                Cast::Never => String::new(),
                Cast::IfRefused(target) | Cast::Always(target) => format!("::{target}"),
            };
            format!("{place}{cast} AS \"{}\"", column.name.replace('"', "\"\""))
        })
        .collect();
    // On a line of its own, since the statement may end in a comment.
    let after = format!("\n) AS q ({})", places.join(", "));
    Some((format!("SELECT {} FROM (", outputs.join(", ")), after))
}

/// What stands before and after a statement of that many columns to give, in one row, the bytes of the longest
/// value of each.
pub(crate) fn select_lengths(columns: usize) -> (String, String) {
    let places: Vec<String> = (1..=columns).map(|place| format!("c{place}")).collect();
    let longest = |place: &String| format!("coalesce(max(octet_length({place}::text)), 0)::int8");
    let lengths: Vec<String> = places.iter().map(longest).collect();
    let after = format!("\n) AS q ({})", places.join(", "));
    (format!("SELECT {} FROM (", lengths.join(", ")), after)
}

/// The Arrow schema of these columns. Every field may be NULL: PostgreSQL does not say which cannot.
pub(crate) fn schema(columns: &[Column]) -> SchemaRef {
    let field = |column: &Column| Field::new(&column.name, column.data_type.clone(), true);
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;

    fn described(type_name: &str) -> Described {
        let metadata = json!({ "name": "p", "label": "price", "typeName": type_name });
        Described::new(&serde_json::from_value(metadata).unwrap(), false)
    }

    #[test]
    fn a_column_is_named_as_a_person_would() {
        let check = |metadata, postgres_type: &str, origin: Option<(Option<&str>, &str)>| {
            let metadata: Metadata = serde_json::from_value(metadata).unwrap();
            let Described { column, .. } = Described::new(&metadata, false);
            let origin =
                origin.map(|(schema, table)| (schema.map(str::to_owned), table.to_owned()));
            assert_eq!((column.postgres_type.as_str(), &column.origin), (postgres_type, &origin));
        };
        check(json!({ "typeName": "_text", "tableName": "" }), "text[]", None);
        let price = json!({ "typeName": "numeric", "precision": 10, "scale": 2, "tableName": "t", "schemaName": "s" });
        check(price, "numeric(10,2)", Some((Some("s"), "t")));
        check(json!({ "typeName": "int4", "tableName": "t" }), "int4", Some((None, "t")));
        check(json!({ "typeName": "numeric", "precision": 0 }), "numeric", None);
        assert_eq!(described("int4").column.name, "price");
    }

    #[test]
    fn what_the_service_refuses_names_its_cast() {
        let check = |type_name, cast: &str| {
            let error = described(type_name).unless_refused().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnsupportedType, "{type_name}");
            assert!(error.to_string().contains(cast), "{error}");
        };
        check("interval", "`(…)::text AS price`");
        check("_bytea", "`(…)::text[] AS price`");
        assert!(described("int4").unless_refused().is_ok());
        assert!(described("mood").unless_refused().is_ok());
    }

    #[test]
    fn a_statement_is_wrapped_where_something_is_cast() {
        let columns = ["int4", "money", "_mood"].map(described);
        let (before, after) = select_as_text(&columns).unwrap();
        let expected =
            "SELECT c1 AS \"price\", c2::text AS \"price\", c3::text[] AS \"price\" FROM (";
        assert_eq!((before.as_str(), after.as_str()), (expected, "\n) AS q (c1, c2, c3)"));
        assert_eq!(select_as_text(&["int4", "inet"].map(described)), None);
    }
}
