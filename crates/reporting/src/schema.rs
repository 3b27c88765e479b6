//! The database's schema at the start of a run: what a model may know, and what a report was made from.

mod ddl;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{Error, ErrorKind, ObjectStore, keys};

/// The tables that the run's role may read, with their columns and keys, in a fixed order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// By schema and name.
    pub tables: Vec<Table>,
}

/// A table or a view.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The schema it is in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// What `COMMENT ON` says of it.
    pub comment: Option<String>,
    /// In their order in the table.
    pub columns: Vec<Column>,
    /// The names of the primary key's columns; empty when there is none.
    pub primary_key: Vec<String>,
    /// Its references to other tables.
    pub foreign_keys: Vec<ForeignKey>,
}

/// A column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as PostgreSQL's `format_type` prints it.
    pub data_type: String,
    /// Whether it is declared `NOT NULL`.
    pub not_null: bool,
    /// What `COMMENT ON` says of it.
    pub comment: Option<String>,
}

/// A reference to another table, column by column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// The referring columns.
    pub columns: Vec<String>,
    /// The schema of the table referred to.
    pub references_schema: String,
    /// The table referred to.
    pub references_table: String,
    /// The columns referred to, in the order of `columns`.
    pub references_columns: Vec<String>,
}

/// The port to the database's catalog.
pub trait SchemaReader: Send + Sync {
    /// The schema as the run's own role sees it. Waits for a database that is waking up.
    fn read(&self) -> impl Future<Output = Result<Schema, Error>> + Send;
}

impl Schema {
    /// A name for exactly this schema: 32 hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        Sha256::digest(json).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// As `CREATE TABLE` statements, one column a line, comments behind `--`: the form that models know
    /// best. Only the tables allowed, all when `allowed` is empty.
    pub fn to_ddl(&self, allowed: &[String]) -> String {
        let tables = self
            .tables
            .iter()
            .filter(|table| is_allowed(allowed, Some(&table.schema), &table.name));
        tables.map(ddl::create_table).collect()
    }

    /// As the guard takes it. A table named without its schema is in `public`, where the session's search path
    /// leads.
    pub fn to_guard(&self) -> sql_guard::schema::Schema {
        let column = |column: &Column| sql_guard::schema::Column {
            name: column.name.clone(),
            data_type: column.data_type.clone(),
        };
        let tables = self.tables.iter().map(|table| sql_guard::schema::Table {
            schema: table.schema.clone(),
            name: table.name.clone(),
            columns: table.columns.iter().map(column).collect(),
            primary_key: table.primary_key.clone(),
        });
        sql_guard::schema::Schema {
            tables: tables.collect(),
            ..sql_guard::schema::Schema::default()
        }
    }

    /// The snapshot filed under `key`.
    pub async fn load(store: &impl ObjectStore, key: &str) -> Result<Schema, Error> {
        let body = store.get(key).await?.ok_or_else(|| {
            Error::new(ErrorKind::Internal, format!("the schema's snapshot `{key}` is gone"))
        })?;
        serde_json::from_slice(&body).map_err(|error| {
            Error::new(ErrorKind::Internal, format!("the schema's snapshot `{key}` cannot be read"))
                .with_source(error)
        })
    }

    /// Files the snapshot under its fingerprint and returns the key.
    pub async fn save(&self, store: &impl ObjectStore) -> Result<String, Error> {
        let key = keys::schema(&self.fingerprint());
        let body = serde_json::to_vec_pretty(self).map_err(|error| {
            Error::new(ErrorKind::Internal, "failed to write the schema's snapshot")
                .with_source(error)
        })?;
        store.put_if_absent(&key, body).await?;
        Ok(key)
    }
}

/// Whether a list of `schema.table` or `table` entries allows a relation; an empty list allows all. A
/// relation written without its schema is in `public`: that is where the session's search path leads.
pub fn is_allowed(allowed: &[String], schema: Option<&str>, name: &str) -> bool {
    allowed.is_empty()
        || allowed.iter().any(|entry| match (entry.rsplit_once('.'), schema) {
            (Some((entry_schema, entry_name)), Some(schema)) => {
                entry_schema == schema && entry_name == name
            }
            (Some((entry_schema, entry_name)), None) => {
                entry_schema == "public" && entry_name == name
            }
            (None, _) => entry == name,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allow_list_names_tables_with_or_without_their_schema() {
        let allowed = ["academics.students", "projects", "public.users"].map(str::to_owned);
        for (schema, name, expected) in [
            (Some("academics"), "students", true),
            (None, "students", false),
            (None, "users", true),
            (Some("staff"), "students", false),
            (Some("research"), "projects", true),
            (Some("staff"), "salaries", false),
        ] {
            assert_eq!(is_allowed(&allowed, schema, name), expected, "{schema:?}.{name}");
        }
        assert!(is_allowed(&[], Some("staff"), "salaries"));
    }
}
