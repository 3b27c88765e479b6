//! Writes batches into a Parquet file.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::{Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::errors::ParquetError;

use crate::athena::{athena_names, athena_type};
use crate::encoding::{PORTION_ROWS, properties};
use crate::page_file::PageFiles;
use crate::{Error, ORIGINALS_KEY, ReportColumn};

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// The file's rows.
    pub row_count: u64,
    /// The file's bytes.
    pub size_bytes: u64,
    /// The file's row groups.
    pub row_group_count: usize,
}

/// Writes a report into `sink`, which sees bytes as row groups fill up. The file is complete when
/// [`ReportWriter::finish`] returns; dropped before, it leaves a file that no reader takes.
///
/// zstd, dictionaries, differences of integers, statistics, and of more than 512 rows page indexes; timestamps of
/// microseconds, decimals and lists as Athena reads them. Columns are renamed by [`athena_names`].
pub struct ReportWriter<W: Write + Send> {
    /// Until the file is begun, which its first rows decide how.
    sink: Option<Counted<W>>,
    writer: Option<ArrowWriter<Counted<W>>>,
    metadata: BTreeMap<String, String>,
    schema: SchemaRef,
    columns: Vec<ReportColumn>,
    waiting: VecDeque<RecordBatch>,
    waiting_rows: usize,
    row_count: u64,
}

impl<W: Write + Send> ReportWriter<W> {
    /// Begins a file of that schema. `metadata` goes into the file's key-value metadata, sorted by key; what
    /// differs between two runs does not belong there.
    ///
    /// Fails if Athena has no type for a column.
    pub fn new(
        sink: W,
        schema: &Schema,
        metadata: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Error> {
        let columns = report_columns(schema)?;
        let renamed = schema.fields().iter().zip(&columns).map(|(field, column)| {
            // Without the field's own metadata, which has no order.
            Field::new(&column.name, field.data_type().clone(), field.is_nullable())
        });
        let schema = Arc::new(Schema::new(renamed.collect::<Vec<_>>()));

        let mut metadata: BTreeMap<String, String> = metadata.into_iter().collect();
        let renamed = columns.iter().filter(|column| column.name != column.original);
        let originals: BTreeMap<&str, &str> =
            renamed.map(|column| (column.name.as_str(), column.original.as_str())).collect();
        if !originals.is_empty() {
            metadata.insert(ORIGINALS_KEY.to_owned(), serde_json::to_string(&originals)?);
        }
        Ok(ReportWriter {
            sink: Some(Counted { sink, size_bytes: 0 }),
            writer: None,
            metadata,
            schema,
            columns,
            waiting: VecDeque::new(),
            waiting_rows: 0,
            row_count: 0,
        })
    }

    /// The columns as they stand in the file.
    pub fn columns(&self) -> &[ReportColumn] {
        &self.columns
    }

    /// Where the file goes, which has taken all of it but some last bytes. Nobody else may write to it.
    pub fn sink(&mut self) -> Result<&mut W, Error> {
        let Counted { sink, .. } = match (&mut self.sink, &mut self.writer) {
            (Some(sink), _) => sink,
            (None, Some(writer)) => writer.inner_mut(),
            (None, None) => return Err(not_begun()),
        };
        Ok(sink)
    }

    /// Rows so far.
    pub fn row_count(&self) -> u64 {
        self.row_count
    }

    /// Adds rows. The batch has the report's types in the report's order; its names do not matter.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), batch.columns().to_vec())
            .map_err(Error::Batch)?;
        self.row_count += batch.num_rows() as u64;
        self.waiting_rows += batch.num_rows();
        self.waiting.push_back(batch);
        // Whether these are all shows with the next.
        while self.waiting_rows > PORTION_ROWS {
            self.encode(PORTION_ROWS, false)?;
        }
        Ok(())
    }

    /// Completes the file and gives the sink back.
    pub fn finish(mut self) -> Result<(W, Summary), Error> {
        self.encode(self.waiting_rows, true)?;
        let mut writer = self.writer.ok_or_else(not_begun)?;
        writer.flush()?;
        // Of an error from here on Parquet makes a text.
        writer.sync().map_err(Error::Io)?;
        let row_group_count = writer.flushed_row_groups().len();
        let Counted { sink, size_bytes } = writer.into_inner()?;
        Ok((sink, Summary { row_count: self.row_count, size_bytes, row_group_count }))
    }

    /// Encodes the first `rows` of the waiting rows, which are the last or not.
    fn encode(&mut self, rows: usize, are_last: bool) -> Result<(), Error> {
        let mut portion = Vec::new();
        let mut missing = rows;
        while missing > 0
            && let Some(batch) = self.waiting.pop_front()
        {
            let taken = batch.num_rows().min(missing);
            if taken < batch.num_rows() {
                self.waiting.push_front(batch.slice(taken, batch.num_rows() - taken));
            }
            portion.push(batch.slice(0, taken));
            missing -= taken;
        }
        self.waiting_rows -= rows;
        let portion = match portion.as_slice() {
            [whole] => whole.clone(),
            parts => concat_batches(&self.schema, parts).map_err(Error::Batch)?,
        };
        self.begun(&portion, are_last)?.write(&portion)?;
        Ok(())
    }

    /// The writer, begun with these rows if it was not before.
    fn begun(
        &mut self,
        first: &RecordBatch,
        are_all: bool,
    ) -> Result<&mut ArrowWriter<Counted<W>>, Error> {
        if let Some(sink) = self.sink.take() {
            // The Arrow schema beside Parquet's own would tell nothing that Athena reads.
            let options = ArrowWriterOptions::new()
                .with_properties(properties(&self.metadata, first, are_all)?)
                .with_page_store_factory(Arc::new(PageFiles::default()))
                .with_skip_arrow_metadata(true);
            let schema = Arc::clone(&self.schema);
            self.writer = Some(ArrowWriter::try_new_with_options(sink, schema, options)?);
        }
        self.writer.as_mut().ok_or_else(not_begun)
    }
}

fn not_begun() -> Error {
    Error::Parquet(ParquetError::General("the file could not be begun".to_owned()))
}

/// The columns of a report of that schema, in their order, as they stand in its file.
///
/// # Errors
/// When Athena has no type for a column.
pub fn report_columns(schema: &Schema) -> Result<Vec<ReportColumn>, Error> {
    let originals: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let column = |(name, field): (String, &Arc<Field>)| {
        let athena_type = athena_type(field.data_type()).ok_or_else(|| Error::UnsupportedType {
            column: field.name().clone(),
            data_type: field.data_type().clone(),
        })?;
        Ok(ReportColumn { name, original: field.name().clone(), athena_type })
    };
    athena_names(&originals).into_iter().zip(schema.fields()).map(column).collect()
}

/// A sink that counts what it takes.
struct Counted<W> {
    sink: W,
    size_bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.sink.write(bytes)?;
        self.size_bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}
