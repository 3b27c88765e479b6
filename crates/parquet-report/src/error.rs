//! What can go wrong with a report's file.

use std::io;
use std::path::PathBuf;

use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use parquet::errors::ParquetError;

/// A report that could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Athena has no such type.
    #[error("column `{column}` is of type `{data_type}`, which Athena has no type for")]
    UnsupportedType {
        /// The column, by its original name.
        column: String,
        /// Its Arrow type.
        data_type: DataType,
    },
    /// A column cannot be cast to the type that it is to have.
    #[error("column `{column}` is of type `{data_type}`, which is not cast to `{athena_type}`")]
    NotWidened {
        /// The column, by its original name.
        column: String,
        /// Its Arrow type.
        data_type: DataType,
        /// What it was to become.
        athena_type: String,
    },
    /// A batch is not of the report's schema.
    #[error("a batch does not fit the report's columns")]
    Batch(#[source] ArrowError),
    /// The Parquet file cannot be written or read.
    #[error("failed to write or read the parquet file")]
    Parquet(#[source] ParquetError),
    /// Where the Parquet file goes or comes from has failed; what a sink of one's own said is inside.
    #[error("failed to write or read the parquet file")]
    Io(#[source] io::Error),
    /// The pages of a row group cannot be kept until it is whole.
    #[error("failed to keep pages of the report in `{}`", folder.display())]
    NotKept {
        /// The folder of temporary files.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The names in the file's metadata cannot be read.
    #[error("the file's metadata holds no readable `{}`", crate::ORIGINALS_KEY)]
    Originals(#[from] serde_json::Error),
    /// Text could not be written to where it goes.
    #[error("failed to write the rows as text")]
    Text(#[from] io::Error),
}

impl From<ParquetError> for Error {
    /// What failed in the midst of Parquet, but was not Parquet's, comes back as it was.
    fn from(error: ParquetError) -> Error {
        let ParquetError::External(source) = error else { return Error::Parquet(error) };
        let source = match source.downcast::<Error>() {
            Ok(ours) => return *ours,
            Err(source) => source,
        };
        match source.downcast::<io::Error>() {
            Ok(of_sink) => Error::Io(*of_sink),
            Err(source) => Error::Parquet(ParquetError::External(source)),
        }
    }
}
