//! Parquet files, as DuckDB reads them.

use std::{collections::BTreeMap, path::Path, process::Command};

use serde::Deserialize;

use crate::quaestor::repository;

/// A Parquet file's columns and rows. Values are DuckDB's text for them, instants in UTC.
#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct Table {
    /// Name and DuckDB type.
    pub(crate) columns: Vec<(String, String)>,
    pub(crate) rows: Vec<Row>,
}

/// One value a column, `None` for null.
pub(crate) type Row = Vec<Option<String>>;

impl Table {
    /// Each row's values by their column's name.
    pub(crate) fn records(&self) -> Vec<BTreeMap<&str, Option<&str>>> {
        let names = || self.columns.iter().map(|(name, _)| name.as_str());
        self.rows
            .iter()
            .map(|row| names().zip(row.iter().map(Option::as_deref)).collect())
            .collect()
    }
}

/// Reads one Parquet file with the DuckDB of `.venv`.
pub(crate) fn read_parquet(path: &Path) -> Table {
    let python = repository().join(".venv/bin/python");
    assert!(python.is_file(), "no `.venv` yet: `scripts/setup test` makes it");
    let output = Command::new(python)
        .arg(repository().join("tests/readers/read_parquet.py"))
        .arg(path)
        .output()
        .expect("Python starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "DuckDB cannot read `{}`: {told}", path.display());
    serde_json::from_slice(&output.stdout).expect("the reader's JSON")
}
