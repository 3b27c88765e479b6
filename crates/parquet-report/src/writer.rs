//! Writes batches into a Parquet file.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::athena::{athena_names, athena_type};
use crate::{COLUMNS_KEY, Error, ReportColumn};

/// Rows are handed to the encoder by so many at a time, since it decides after each portion whether a page
/// or a row group is full: portions of a fixed size make equal files of equal rows. A portion of the
/// longest rows that the RDS Data API carries (64 KB) takes 32 MiB.
const PORTION_ROWS: usize = 512;

/// A row group is encoded and compressed in memory before it is written: so many rows of it, as DuckDB has them, and of
/// long rows this much. More would make smaller files by a hair, and take more memory.
const ROW_GROUP_ROWS: usize = 240 * PORTION_ROWS;
const ROW_GROUP_BYTES: usize = 32 * 1024 * 1024;

/// A column whose distinct values take more than that goes on without a dictionary: half a one costs more than none. Of
/// numbers fewer bytes are tried, since they are short without one too.
const DICTIONARY_BYTES: usize = 64 * 1024;
const DICTIONARY_BYTES_OF_NUMBERS: usize = 8 * 1024;

/// Pages end at 1 MiB or here. Larger ones make files smaller by a hair, but every column keeps its page and tables of
/// zstd for it in memory; shorter ones make the page index longer, which is kept until the end.
const PAGE_ROWS: usize = 30 * PORTION_ROWS;

/// At level 3 the rows of `make bench` took 8 % more bytes and a table of text 3 % fewer, and the memory 3 MiB more.
const ZSTD_LEVEL: i32 = 1;

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
/// zstd, dictionaries, differences of integers, page indexes and statistics; timestamps of microseconds, decimals and
/// lists as Athena reads them. Columns are renamed by [`athena_names`].
pub struct ReportWriter<W: Write + Send> {
    writer: ArrowWriter<Counted<W>>,
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
        metadata.insert(COLUMNS_KEY.to_owned(), serde_json::to_string(&columns)?);
        let metadata = metadata.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect();
        let mut properties = WriterProperties::builder()
            .set_created_by("quaestor".to_owned())
            .set_key_value_metadata(Some(metadata))
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
            .set_statistics_enabled(EnabledStatistics::Page)
            .set_dictionary_page_size_limit(DICTIONARY_BYTES)
            .set_data_page_row_count_limit(PAGE_ROWS)
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
            // The elements of a list get the name that the format asks for.
            .set_coerce_types(true);
        for field in schema.fields().iter().filter(|field| field.data_type().is_primitive()) {
            let column = ColumnPath::from(field.name().as_str());
            if is_integer(field.data_type()) {
                let encoding = Encoding::DELTA_BINARY_PACKED;
                properties = properties.set_column_encoding(column.clone(), encoding);
            }
            properties = properties
                .set_column_dictionary_page_size_limit(column, DICTIONARY_BYTES_OF_NUMBERS);
        }
        let properties = properties.build();
        // The Arrow schema beside Parquet's own would tell nothing that Athena reads.
        let options =
            ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let sink = Counted { sink, size_bytes: 0 };
        let writer = ArrowWriter::try_new_with_options(sink, Arc::clone(&schema), options)?;
        Ok(ReportWriter {
            writer,
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
        while self.waiting_rows >= PORTION_ROWS {
            self.encode(PORTION_ROWS)?;
        }
        Ok(())
    }

    /// Completes the file and gives the sink back.
    pub fn finish(mut self) -> Result<(W, Summary), Error> {
        self.encode(self.waiting_rows)?;
        self.writer.flush()?;
        let row_group_count = self.writer.flushed_row_groups().len();
        let Counted { sink, size_bytes } = self.writer.into_inner()?;
        Ok((sink, Summary { row_count: self.row_count, size_bytes, row_group_count }))
    }

    /// Encodes the first `rows` of the waiting rows.
    fn encode(&mut self, rows: usize) -> Result<(), Error> {
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
        match portion.as_slice() {
            [whole] => self.writer.write(whole)?,
            parts => {
                let portion = concat_batches(&self.schema, parts).map_err(Error::Batch)?;
                self.writer.write(&portion)?;
            }
        }
        Ok(())
    }
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

/// Whether Parquet has it as INT32 or INT64. Their differences take a fraction of their bytes; Trino, on which Athena
/// stands, reads them so since 2019 (trinodb/trino#334).
fn is_integer(data_type: &DataType) -> bool {
    match data_type {
        DataType::Date32 | DataType::Timestamp(..) => true,
        DataType::Decimal128(precision, _) => *precision <= 18,
        other => other.is_integer(),
    }
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
