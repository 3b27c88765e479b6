//! Pages: how many rows to ask for, and what came.

use std::fmt;
use std::time::Duration;

use aws_sdk_rdsdata::operation::execute_statement::ExecuteStatementOutput;
use aws_sdk_rdsdata::types::{ArrayValue, ColumnMetadata, Field};

use crate::failure::Call;
use crate::transaction::Transaction;
use crate::{Error, ErrorKind, Limits};

/// What one `FETCH` returned.
pub(crate) struct Page {
    pub(crate) metadata: Vec<ColumnMetadata>,
    pub(crate) records: Vec<Vec<Field>>,
    /// The cursor had no more rows than these.
    pub(crate) is_last: bool,
}

impl fmt::Debug for Page {
    /// Counts its rows and shows none of them: a cursor may be logged.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row_count = self.records.len();
        formatter.debug_struct("Page").field("row_count", &row_count).finish_non_exhaustive()
    }
}

impl Page {
    /// Fetches `rows` rows at most.
    pub(crate) async fn fetch(
        transaction: &Transaction,
        rows: u64,
        timeout: Duration,
    ) -> Result<Page, Error> {
        let call = Call { sql_offset: None, page_rows: rows, timeout };
        let sql = format!("FETCH FORWARD {rows} FROM quaestor");
        Page::of(transaction.execute(&sql, call).await?, rows)
    }

    /// An answer without records, without metadata or with more rows than asked for is not taken for a
    /// page: an empty or truncated body reads as an answer that leaves everything out.
    fn of(output: ExecuteStatementOutput, rows: u64) -> Result<Page, Error> {
        let no_columns = || {
            let message = "the statement returns no columns; select at least one";
            Error::new(ErrorKind::SqlFailed, message)
        };
        let Some(records) = output.records else {
            // What is answered to a statement without columns, and not by an empty body.
            return Err(match output.generated_fields {
                Some(_) => no_columns(),
                None => Error::malformed("a page without records"),
            });
        };
        let metadata = output
            .column_metadata
            .ok_or_else(|| Error::malformed("a page without column metadata"))?;
        if metadata.is_empty() {
            return Err(no_columns());
        }
        if records.len() as u64 > rows {
            return Err(Error::malformed("a page of more rows than were asked for"));
        }
        if records.iter().any(|record| record.len() != metadata.len()) {
            return Err(Error::malformed("a record whose fields are not the columns"));
        }
        Ok(Page { is_last: (records.len() as u64) < rows, metadata, records })
    }
}

/// How many rows the next page may have.
#[derive(Debug)]
pub(crate) struct PageSize {
    page_bytes: usize,
    max_rows: u64,
    rows: u64,
    /// The mean of the page with the longest rows so far: pages shrink at once and never grow back, since
    /// an overflow costs the whole extraction and a small page costs a call.
    row_bytes: usize,
}

impl PageSize {
    pub(crate) fn new(limits: &Limits) -> PageSize {
        let max_rows = limits.max_page_rows.max(1);
        PageSize {
            page_bytes: limits.page_bytes,
            max_rows,
            rows: limits.first_page_rows.clamp(1, max_rows),
            row_bytes: 1,
        }
    }

    /// Rows to ask for now.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Learns from a page that has come.
    pub(crate) fn learn(&mut self, records: &[Vec<Field>]) {
        let bytes: usize = records.iter().flatten().map(weight).sum();
        let Some(mean) = bytes.checked_div(records.len()) else { return };
        self.row_bytes = self.row_bytes.max(mean);
        self.rows = ((self.page_bytes / self.row_bytes) as u64).clamp(1, self.max_rows);
    }
}

/// The bytes of a field in the response's JSON. On Aurora the limit was seen to count what PostgreSQL sends
/// instead (the text and four bytes more a value), which is less, but for `bytea`: its hex is longer than
/// base64.
fn weight(field: &Field) -> usize {
    const NUMBER: usize = 20;
    match field {
        Field::StringValue(text) => 20 + text.len(),
        Field::BlobValue(blob) => 20 + 2 * blob.as_ref().len(),
        Field::ArrayValue(array) => 20 + array_weight(array),
        _ => 16 + NUMBER,
    }
}

fn array_weight(array: &ArrayValue) -> usize {
    const ELEMENT: usize = 20;
    match array {
        ArrayValue::StringValues(texts) => {
            texts.iter().map(|text| 5 + text.as_ref().map_or(0, String::len)).sum()
        }
        ArrayValue::ArrayValues(arrays) => arrays.iter().flatten().map(array_weight).sum(),
        ArrayValue::LongValues(values) => ELEMENT * values.len(),
        ArrayValue::DoubleValues(values) => ELEMENT * values.len(),
        ArrayValue::BooleanValues(values) => ELEMENT * values.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_follows_the_longest_rows_seen() {
        let limits = Limits {
            page_bytes: 10_000,
            first_page_rows: 8,
            max_page_rows: 300,
            ..Limits::default()
        };
        let mut size = PageSize::new(&limits);
        assert_eq!(size.rows(), 8);
        let mut check = |text_bytes: usize, expected| {
            size.learn(&[vec![Field::StringValue("x".repeat(text_bytes))]]);
            assert_eq!(size.rows(), expected, "{text_bytes}");
        };
        check(80, 100);
        check(980, 10);
        check(0, 10);
        check(20_000, 1);
        size.learn(&[]);
        assert_eq!(size.rows(), 1);
    }

    #[test]
    fn short_rows_stop_at_the_most_rows_a_page() {
        let mut size = PageSize::new(&Limits { max_page_rows: 50, ..Limits::default() });
        assert_eq!(size.rows(), 50);
        size.learn(&[vec![Field::LongValue(1)]]);
        assert_eq!(size.rows(), 50);
    }

    #[test]
    fn what_is_left_out_is_not_taken_for_no_rows() {
        let check = |output: ExecuteStatementOutput, expected: &str| {
            let error =
                Page::of(output, 1).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(expected), "{error}");
        };
        let column = || ColumnMetadata::builder().name("a").build();
        let record = || vec![Field::LongValue(1)];
        let output = ExecuteStatementOutput::builder;
        check(output().build(), "without records");
        check(output().set_generated_fields(Some(Vec::new())).build(), "no columns");
        check(output().records(record()).build(), "without column metadata");
        check(
            output().records(Vec::new()).column_metadata(column()).build(),
            "fields are not the columns",
        );
        let two = output().records(record()).records(record());
        check(two.column_metadata(column()).build(), "more rows");
    }
}
