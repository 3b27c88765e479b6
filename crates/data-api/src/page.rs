//! Pages: how many rows to ask for, and what came.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::column::Metadata;
use crate::failure::Call;
use crate::transaction::Transaction;
use crate::{Error, ErrorKind, Limits};

/// What one `FETCH` returned, unread.
pub(crate) struct Page {
    /// The answer's body, in memory.
    pub(crate) body: Vec<u8>,
    /// The rows that were asked for; a page of fewer is the last.
    pub(crate) asked: u64,
}

impl fmt::Debug for Page {
    /// Shows none of its rows: a cursor may be logged.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Page").field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl Page {
    /// Fetches `rows` rows at most, into the memory of `body`.
    pub(crate) async fn fetch(
        transaction: &Transaction,
        rows: u64,
        timeout: Duration,
        body: Vec<u8>,
    ) -> Result<Page, Error> {
        let call = Call { sql_offset: None, page_rows: rows, timeout };
        let sql = format!("FETCH FORWARD {rows} FROM quaestor");
        Ok(Page { body: transaction.fetch(&sql, call, body).await?, asked: rows })
    }

    /// The bytes of the answer.
    pub(crate) fn size_bytes(&self) -> usize {
        self.body.len()
    }

    /// The answer's JSON.
    pub(crate) fn json(&self) -> Result<&str, Error> {
        str::from_utf8(&self.body).map_err(|_| unreadable())
    }

    /// The first record, of whole numbers alone.
    pub(crate) fn longs(&self) -> Result<Vec<i64>, Error> {
        #[derive(Deserialize)]
        struct Long {
            #[serde(rename = "longValue")]
            value: i64,
        }
        #[derive(Deserialize)]
        struct Longs {
            records: [Vec<Long>; 1],
        }
        let Longs { records: [record] } =
            serde_json::from_str(self.json()?).map_err(|_| unreadable())?;
        Ok(record.into_iter().map(|long| long.value).collect())
    }

    /// What it says of its columns, at least one of them.
    pub(crate) fn metadata(&self) -> Result<Vec<Metadata>, Error> {
        let answer: Answer = serde_json::from_str(self.json()?).map_err(|_| unreadable())?;
        answer.metadata()
    }
}

/// Without the cause, which may quote the body.
pub(crate) fn unreadable() -> Error {
    Error::malformed("a body that cannot be read")
}

/// An answer, as far as it tells of its columns.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    column_metadata: Option<Vec<Metadata>>,
    records: Option<IgnoredAny>,
    generated_fields: Option<IgnoredAny>,
}

impl Answer {
    /// An answer without records or without metadata is not taken for a page: an empty or truncated body reads
    /// as an answer that leaves everything out.
    fn metadata(self) -> Result<Vec<Metadata>, Error> {
        let no_columns = || {
            let message = "the statement returns no columns; select at least one";
            Error::new(ErrorKind::SqlFailed, message)
        };
        if self.records.is_none() {
            // What is answered to a statement without columns, and not by an empty body.
            return Err(match self.generated_fields {
                Some(_) => no_columns(),
                None => Error::malformed("a page without records"),
            });
        }
        let metadata = self
            .column_metadata
            .ok_or_else(|| Error::malformed("a page without column metadata"))?;
        if metadata.is_empty() { Err(no_columns()) } else { Ok(metadata) }
    }
}

/// How many rows the next page may have.
#[derive(Debug)]
pub(crate) struct PageSize {
    page_bytes: u64,
    max_rows: u64,
    rows: u64,
    /// The mean of the page with the longest rows so far: pages shrink at once and never grow back, since
    /// an overflow costs the whole extraction and a small page costs a call.
    row_bytes: u64,
}

impl PageSize {
    pub(crate) fn new(limits: &Limits) -> PageSize {
        let max_rows = limits.max_page_rows.max(1);
        PageSize {
            page_bytes: limits.page_bytes as u64,
            max_rows,
            rows: limits.first_page_rows.clamp(1, max_rows),
            row_bytes: 1,
        }
    }

    /// Rows to ask for now.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Learns from a page of so many rows and bytes of JSON.
    ///
    /// On Aurora the limit was seen to count what PostgreSQL sends instead (the text and four bytes more a
    /// value), which is less, but for `bytea`: its hex is longer than the base64 of JSON by half.
    pub(crate) fn learn(&mut self, rows: u64, json_bytes: usize, has_blobs: bool) {
        let bytes = json_bytes as u64 * if has_blobs { 3 } else { 2 } / 2;
        let Some(mean) = bytes.checked_div(rows) else { return };
        self.row_bytes = self.row_bytes.max(mean).max(1);
        self.rows = (self.page_bytes / self.row_bytes).clamp(1, self.max_rows);
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
        let mut check = |rows: u64, json_bytes: usize, has_blobs: bool, expected: u64| {
            size.learn(rows, json_bytes, has_blobs);
            assert_eq!(size.rows(), expected, "{json_bytes} of {rows}");
        };
        check(10, 1_000, false, 100);
        check(2, 2_000, false, 10);
        check(50, 0, false, 10);
        check(2, 2_000, true, 6);
        check(1, 20_000, false, 1);
        check(0, 500, false, 1);
    }

    #[test]
    fn short_rows_stop_at_the_most_rows_a_page() {
        let mut size = PageSize::new(&Limits { max_page_rows: 50, ..Limits::default() });
        assert_eq!(size.rows(), 50);
        size.learn(50, 400, false);
        assert_eq!(size.rows(), 50);
    }

    #[test]
    fn what_is_left_out_is_not_taken_for_no_rows() {
        let check = |json: &str, expected: &str| {
            let page = Page { body: json.into(), asked: 1 };
            let error = page.metadata().err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(expected), "{json}: {error}");
        };
        check("", "cannot be read");
        check("{}", "without records");
        check(r#"{"generatedFields":[]}"#, "no columns");
        check(r#"{"records":[[{"longValue":1}]]}"#, "without column metadata");
        check(r#"{"records":[[]],"columnMetadata":[]}"#, "no columns");
        check(r#"{"columnMetadata":[{"name":"a"}],"records":[[{"longValue":1"#, "cannot be read");
        check(r#"{"columnMetadata":[{"name":"a"}],"records":[]} x"#, "cannot be read");
    }
}
