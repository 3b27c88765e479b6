//! Reads a report's file back.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, SchemaRef};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::file::reader::ChunkReader;

use crate::athena::athena_type;
use crate::{Error, ORIGINALS_KEY, ReportColumn};

/// A report, batch by batch: iterate over it.
pub struct ReportReader {
    columns: Vec<ReportColumn>,
    metadata: BTreeMap<String, String>,
    row_count: u64,
    schema: SchemaRef,
    batches: ParquetRecordBatchReader,
}

impl ReportReader {
    /// Opens a file or the bytes of one. A file that is not ours is read too, its names as they are.
    pub fn new(input: impl ChunkReader + 'static) -> Result<ReportReader, Error> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(input)?;
        let file = builder.metadata().file_metadata();
        let row_count = u64::try_from(file.num_rows()).unwrap_or_default();
        let pairs = file.key_value_metadata().into_iter().flatten();
        let metadata: BTreeMap<String, String> =
            pairs.map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default())).collect();
        let schema = SchemaRef::clone(builder.schema());
        let originals: BTreeMap<String, String> = match metadata.get(ORIGINALS_KEY) {
            Some(originals) => serde_json::from_str(originals)?,
            None => BTreeMap::new(),
        };
        let column = |field: &Arc<Field>| ReportColumn {
            name: field.name().clone(),
            original: originals.get(field.name()).unwrap_or(field.name()).clone(),
            athena_type: athena_type(field.data_type()).unwrap_or_else(|| "unknown".to_owned()),
        };
        let columns = schema.fields().iter().map(column).collect();
        Ok(ReportReader { columns, metadata, row_count, schema, batches: builder.build()? })
    }

    /// The columns, with their names in the SQL's result.
    pub fn columns(&self) -> &[ReportColumn] {
        &self.columns
    }

    /// The schema of every batch.
    pub fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.schema)
    }

    /// The file's key-value metadata.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// All of the file's rows.
    pub fn row_count(&self) -> u64 {
        self.row_count
    }
}

impl Iterator for ReportReader {
    type Item = Result<RecordBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.batches.next()?;
        Some(batch.map_err(Error::Batch))
    }
}
