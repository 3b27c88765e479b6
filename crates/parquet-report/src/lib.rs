//! A report as one Parquet file: written from Arrow batches as Athena likes it, and read back for a screen.
//! No network.
//!
//! Equal rows in equal order, with equal metadata, make equal bytes, however the rows were cut into batches:
//! so a report that is written twice can be known by its checksum.

mod athena;
mod cells;
mod csv;
mod error;
mod reader;
mod widening;
mod writer;

pub use athena::{PARTITION_KEY, athena_names, athena_type};
pub use cells::Cells;
pub use csv::write_csv;
pub use error::Error;
pub use reader::ReportReader;
pub use widening::Widening;
pub use writer::{ReportWriter, Summary, report_columns};

use serde::{Deserialize, Serialize};

/// A column of a report, as the file's metadata keeps it under [`COLUMNS_KEY`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportColumn {
    /// Its name in the file and in Athena.
    pub name: String,
    /// Its name in the result of the SQL.
    pub original: String,
    /// Its type in Athena's DDL.
    #[serde(rename = "type")]
    pub athena_type: String,
}

/// The key of the file's metadata that holds a JSON array of [`ReportColumn`]s.
pub const COLUMNS_KEY: &str = "quaestor.columns";
