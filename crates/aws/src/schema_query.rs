//! The catalog queries behind the schema's snapshot. They are ours and pass no guard: constants without
//! parameters, read in the same read-only way as every other SQL.

use std::collections::BTreeMap;

use reporting::schema::{Column, ForeignKey, Schema, Table};

/// Columns of every table and view that the role may read: schema, table, table comment, column, type,
/// `true` when NOT NULL, column comment. Partitions stand behind their parent.
pub(crate) const COLUMNS: &str = "\
SELECT n.nspname::text, c.relname::text, pg_catalog.obj_description(c.oid, 'pg_class'), a.attname::text, \
pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull::text, pg_catalog.col_description(c.oid, a.attnum) \
FROM pg_catalog.pg_class c \
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid \
WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped \
AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' \
AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT') \
ORDER BY n.nspname, c.relname, a.attnum";

/// Primary and foreign keys, one row a column: kind (`p`, `f`), name, schema, table, column, and what is referred to.
pub(crate) const KEYS: &str = "\
SELECT k.contype::text, k.conname::text, n.nspname::text, c.relname::text, a.attname::text, \
fn.nspname::text, fc.relname::text, fa.attname::text \
FROM pg_catalog.pg_constraint k \
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid \
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
CROSS JOIN LATERAL pg_catalog.generate_subscripts(k.conkey, 1) AS place(i) \
JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[place.i] \
LEFT JOIN pg_catalog.pg_class fc ON fc.oid = k.confrelid \
LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = fc.relnamespace \
LEFT JOIN pg_catalog.pg_attribute fa ON fa.attrelid = k.confrelid AND fa.attnum = k.confkey[place.i] \
WHERE k.contype IN ('p', 'f') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' \
ORDER BY n.nspname, c.relname, k.conname, place.i";

/// A row of text cells.
pub(crate) type Row = Vec<Option<String>>;

/// The schema that the rows of [`COLUMNS`] and [`KEYS`] tell.
pub(crate) fn assemble(columns: Vec<Row>, keys: Vec<Row>) -> Schema {
    let mut tables: BTreeMap<(String, String), Table> = BTreeMap::new();
    for row in columns {
        let Ok([schema, name, table_comment, column, data_type, not_null, comment]) =
            <[_; 7]>::try_from(row)
        else {
            continue;
        };
        let (schema, name) = (schema.unwrap_or_default(), name.unwrap_or_default());
        let table = tables.entry((schema.clone(), name.clone())).or_insert_with(|| Table {
            schema,
            name,
            comment: table_comment,
            ..Table::default()
        });
        table.columns.push(Column {
            name: column.unwrap_or_default(),
            data_type: data_type.unwrap_or_default(),
            not_null: not_null.as_deref() == Some("true"),
            comment,
        });
    }
    let mut references: BTreeMap<(String, String, String), ForeignKey> = BTreeMap::new();
    for row in keys {
        let Ok([kind, key, schema, table, column, to_schema, to_table, to_column]) =
            <[_; 8]>::try_from(row)
        else {
            continue;
        };
        let (schema, table, column) =
            (schema.unwrap_or_default(), table.unwrap_or_default(), column.unwrap_or_default());
        if kind.as_deref() == Some("p") {
            if let Some(table) = tables.get_mut(&(schema, table)) {
                table.primary_key.push(column);
            }
            continue;
        }
        let reference = references.entry((schema, table, key.unwrap_or_default())).or_default();
        reference.columns.push(column);
        reference.references_schema = to_schema.unwrap_or_default();
        reference.references_table = to_table.unwrap_or_default();
        reference.references_columns.push(to_column.unwrap_or_default());
    }
    for ((schema, table, _), reference) in references {
        // A table that the role may not read must not be named to a model.
        let readable = tables.contains_key(&(
            reference.references_schema.clone(),
            reference.references_table.clone(),
        ));
        if let Some(table) = tables.get_mut(&(schema, table)).filter(|_| readable) {
            table.foreign_keys.push(reference);
        }
    }
    Schema { tables: tables.into_values().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Row {
        cells.iter().map(|cell| (!cell.is_empty()).then(|| (*cell).to_owned())).collect()
    }

    #[test]
    fn rows_become_tables_with_their_keys() {
        let columns = vec![
            row(&["a", "child", "kids", "id", "integer", "true", ""]),
            row(&["a", "child", "kids", "parent_id", "integer", "false", "whose"]),
            row(&["a", "parent", "", "id", "integer", "true", ""]),
        ];
        let keys = vec![
            row(&["p", "child_pkey", "a", "child", "id", "", "", ""]),
            row(&["f", "child_parent", "a", "child", "parent_id", "a", "parent", "id"]),
            row(&["f", "child_hidden", "a", "child", "id", "secret", "table", "id"]),
        ];
        let schema = assemble(columns, keys);
        let expected = "\
-- kids
CREATE TABLE a.child (
  id integer PRIMARY KEY,
  parent_id integer REFERENCES a.parent (id) -- whose
);
CREATE TABLE a.parent (
  id integer NOT NULL
);
";
        assert_eq!(schema.to_ddl(&[]), expected);
    }
}
