//! How a report is encoded, by its first rows.

use std::collections::{BTreeMap, HashSet};

use arrow::array::{Array, AsArray as _, RecordBatch};
use arrow::datatypes::DataType;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::Error;

/// Rows are handed to the encoder by so many at a time, since it decides after each portion whether a page
/// or a row group is full: portions of a fixed size make equal files of equal rows. A portion of the
/// longest rows that the RDS Data API carries (64 KB) takes 32 MiB.
pub(crate) const PORTION_ROWS: usize = 512;

/// So many rows, as DuckDB has them, and of long rows this much. A row group waits in a temporary file until it is whole:
/// of larger ones the last would be waited for, all else being done.
const ROW_GROUP_ROWS: usize = 240 * PORTION_ROWS;
const ROW_GROUP_BYTES: usize = 32 * 1024 * 1024;

/// Pages end at 1 MiB or here. Larger ones make files smaller by a hair, but every column keeps its page and tables of
/// zstd for it in memory; shorter ones make the page index longer, which is kept until the end.
const PAGE_ROWS: usize = 60 * PORTION_ROWS;

/// A column has a dictionary if of its first rows so many in a hundred at most hold values of their own. Texts pay for one
/// sooner, if more rows come.
const DISTINCT_PERCENT: usize = 25;
const DISTINCT_PERCENT_OF_TEXTS: usize = 90;

/// A column whose distinct values take more than that goes on without a dictionary: half a one costs more than none. Of
/// numbers fewer bytes are tried, since they are short without one too.
const DICTIONARY_BYTES: usize = 64 * 1024;
const DICTIONARY_BYTES_OF_NUMBERS: usize = 8 * 1024;

/// At level 3 the rows of `make bench` took 8 % more bytes and a table of text 3 % fewer, and the memory 3 MiB more.
const ZSTD_LEVEL: i32 = 1;

/// For a report that begins with these rows, or is no more than these.
pub(crate) fn properties(
    metadata: &BTreeMap<String, String>,
    first: &RecordBatch,
    are_all: bool,
) -> Result<WriterProperties, Error> {
    let metadata =
        metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    // An index to the pages of so few rows saves no reader anything, and is a quarter of a small file.
    let statistics = if are_all { EnabledStatistics::Chunk } else { EnabledStatistics::Page };
    let mut properties = WriterProperties::builder()
        .set_created_by("quaestor".to_owned())
        .set_key_value_metadata(Some(metadata))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_statistics_enabled(statistics)
        .set_offset_index_disabled(are_all)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
        // The elements of a list get the name that the format asks for.
        .set_coerce_types(true);
    for (field, values) in first.schema_ref().fields().iter().zip(first.columns()) {
        let column = || ColumnPath::from(field.name().as_str());
        let is_number = field.data_type().is_primitive();
        let size_bytes = if is_number { DICTIONARY_BYTES_OF_NUMBERS } else { DICTIONARY_BYTES };
        let percent =
            if is_number || are_all { DISTINCT_PERCENT } else { DISTINCT_PERCENT_OF_TEXTS };
        let repeats = |count| count * 100 <= values.len() * percent;
        properties = properties
            .set_column_dictionary_enabled(column(), distinct(values).is_none_or(repeats))
            .set_column_dictionary_page_size_limit(column(), size_bytes);
        if is_integer(field.data_type()) {
            properties = properties.set_column_encoding(column(), Encoding::DELTA_BINARY_PACKED);
        }
    }
    Ok(properties.build())
}

/// How many values there are, each counted once and no NULLs; `None` for types that are not counted.
fn distinct(values: &dyn Array) -> Option<usize> {
    let count = match values.data_type() {
        DataType::Utf8 => values.as_string::<i32>().iter().flatten().collect::<HashSet<_>>().len(),
        DataType::Binary => {
            values.as_binary::<i32>().iter().flatten().collect::<HashSet<_>>().len()
        }
        other => {
            let width = other.primitive_width()?;
            let data = values.to_data();
            let bytes = data.buffers().first()?.get(data.offset() * width..)?;
            let rows = bytes.chunks_exact(width).take(values.len()).enumerate();
            let present = rows.filter(|(row, _)| values.is_valid(*row)).map(|(_, bytes)| bytes);
            present.collect::<HashSet<_>>().len()
        }
    };
    Some(count)
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
