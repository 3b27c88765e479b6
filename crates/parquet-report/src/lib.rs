//! A report as one Parquet file: written from Arrow batches as Athena likes it, and read back for a screen.
//! No network.
//!
//! Equal rows in equal order, with equal metadata, make equal bytes, however the rows were cut into batches:
//! so a report that is written twice can be known by its checksum.

mod athena;
mod cells;
mod csv;
mod encoding;
mod error;
mod page_file;
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

/// A column of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportColumn {
    /// Its name in the file and in Athena.
    pub name: String,
    /// Its name in the result of the SQL.
    pub original: String,
    /// Its type in Athena's DDL.
    pub athena_type: String,
}

/// The key of the file's metadata that holds a JSON object: from the name of each column that was renamed to its original.
/// It is not there where none was.
pub const ORIGINALS_KEY: &str = "quaestor.original_names";
