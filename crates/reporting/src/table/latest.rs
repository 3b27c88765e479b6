//! The view of a table's newest partition.

use super::{LATEST, Rows, Table, TableColumn};

impl Table {
    /// The view `<table>_latest`: the table's columns and its partition key, of the newest partition's rows. A newest
    /// partition without rows shows none. Nothing for a view.
    ///
    /// Athena lists the partitions of a table in another, `"<table>$partitions"`, and answers from the catalog alone
    /// ("Query metadata tables" in its guide, "SHOW PARTITIONS").
    pub fn latest(&self, database: &str) -> Option<Table> {
        let Rows::Files { partition_key, .. } = &self.rows else { return None };
        let key = TableColumn {
            name: partition_key.clone(),
            athena_type: "string".to_owned(),
            comment: None,
        };
        let columns: Vec<TableColumn> = self.columns.iter().cloned().chain([key]).collect();
        let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
        let query = format!(
            "SELECT {columns} FROM {database}.{table} WHERE {key} = (SELECT max({key}) FROM {database}.{partitions})",
            columns = names.join(", "),
            key = quoted(partition_key),
            database = quoted(database),
            table = quoted(&self.name),
            partitions = quoted(&format!("{}$partitions", self.name)),
        );
        Some(Table {
            name: format!("{}{LATEST}", self.name),
            owner: self.owner.clone(),
            description: format!("The newest partition of {}", self.name),
            columns,
            rows: Rows::Query(query),
        })
    }
}

/// Some names are words of the language.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
