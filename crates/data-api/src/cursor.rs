//! The cursor: pages as batches, the next one on its way while the caller works on this one.

use std::mem;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};

use crate::column::{self, Column};
use crate::decode::decode;
use crate::page::{Page, PageSize};
use crate::pages::{Asking, Pages};
use crate::query::{Query, nested};
use crate::transaction::Transaction;
use crate::{Error, ErrorKind};

/// An open result, in a transaction of its own.
///
/// It is rolled back when the last batch has come, after a failure, and by [`Cursor::close`]. One that is
/// dropped before ends by itself after `Limits::idle_timeout`.
#[derive(Debug)]
pub struct Cursor {
    query: Query,
    transaction: Transaction,
    columns: Vec<Column>,
    schema: SchemaRef,
    next: Next,
    /// The last page, whose memory takes in another.
    read: Option<Page>,
    remaining: Option<u64>,
    is_truncated: bool,
    rounded_values: u64,
}

/// Where the next page is.
#[derive(Debug)]
enum Next {
    /// The first is here, and whether there is more shows when it is read: it is the only one of most results.
    Here(Page),
    OnTheirWay(Pages),
    /// There is none.
    End,
    /// The cursor failed or was left in the middle of a call: what would follow is not known.
    Lost,
}

impl Cursor {
    /// The result whose first page has come.
    pub(crate) fn new(
        query: Query,
        transaction: Transaction,
        columns: Vec<Column>,
        first: Page,
    ) -> Cursor {
        Cursor {
            transaction,
            schema: column::schema(&columns),
            columns,
            next: Next::Here(first),
            read: None,
            remaining: query.limits.max_rows,
            is_truncated: false,
            rounded_values: 0,
            query,
        }
    }

    /// The schema of every batch; there is one for a result without rows too.
    pub fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.schema)
    }

    /// The result's columns, in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Whether there were more rows than `Limits::max_rows`; known once the last batch has come.
    pub fn is_truncated(&self) -> bool {
        self.is_truncated
    }

    /// Numerics so far that had more digits than their column keeps, and were rounded half up.
    pub fn rounded_values(&self) -> u64 {
        self.rounded_values
    }

    /// The next rows, never none of them; `None` after the last.
    pub async fn next_batch(&mut self) -> Result<Option<RecordBatch>, Error> {
        match self.advance().await {
            Err(error) => {
                self.abandon().await;
                Err(self.query.explained(error).await)
            }
            batch => batch,
        }
    }

    /// Ends the transaction before the last batch has come. Does nothing after it.
    pub async fn close(mut self) {
        if !matches!(self.next, Next::End) {
            self.abandon().await;
        }
    }

    async fn advance(&mut self) -> Result<Option<RecordBatch>, Error> {
        let Some(page) = self.page().await? else { return Ok(None) };
        let decoded = decode(&self.columns, &self.schema, &page)?;
        let rows = decoded.batch.num_rows() as u64;
        let batch = self.cut(decoded.batch);
        if rows < page.asked || self.is_truncated {
            self.end().await;
        } else if matches!(self.next, Next::Lost) {
            self.next = Next::OnTheirWay(Pages::start(self.asking(rows, &page)));
        }
        self.rounded_values += decoded.rounded_values;
        self.read = Some(page);
        Ok(Some(batch).filter(|batch| batch.num_rows() > 0))
    }

    /// The page that comes next. To drop this future loses nothing: the call stays on its way.
    async fn page(&mut self) -> Result<Option<Page>, Error> {
        if let Next::OnTheirWay(pages) = &mut self.next {
            let read = self.read.take().map(|page| page.body).unwrap_or_default();
            return match pages.next(read).await {
                Some(page) => page.map(Some).map_err(|error| nested(error, &self.columns)),
                None => {
                    let message = "a fetch was broken off; begin anew";
                    Err(Error::new(ErrorKind::TransactionLost, message))
                }
            };
        }
        match mem::replace(&mut self.next, Next::Lost) {
            Next::Here(page) => Ok(Some(page)),
            Next::End => {
                self.next = Next::End;
                Ok(None)
            }
            _ => {
                let message = "the cursor failed before and knows no next rows; begin anew";
                Err(Error::new(ErrorKind::TransactionLost, message))
            }
        }
    }

    /// Cuts what is over `max_rows`, and counts the rest.
    fn cut(&mut self, batch: RecordBatch) -> RecordBatch {
        let Some(remaining) = &mut self.remaining else { return batch };
        let rows = batch.num_rows() as u64;
        self.is_truncated = rows > *remaining;
        let kept = rows.min(*remaining);
        *remaining -= kept;
        batch.slice(0, kept as usize)
    }

    /// Ends the transaction after the last row.
    async fn end(&mut self) {
        self.abandon().await;
        self.next = Next::End;
    }

    /// How the pages after the first are asked for, which had `rows` rows.
    fn asking(&self, rows: u64, first: &Page) -> Asking {
        let has_blobs = self.columns.iter().any(|column| column.data_type == DataType::Binary);
        let mut size = PageSize::new(&self.query.limits);
        size.learn(rows, first.size_bytes(), has_blobs);
        Asking {
            transaction: self.transaction.clone(),
            size,
            // One more tells that there were more.
            wanted: self.remaining.map(|rows| rows.saturating_add(1)),
            has_blobs,
            timeout: self.query.limits.statement_timeout(),
        }
    }

    async fn abandon(&mut self) {
        if let Next::OnTheirWay(pages) = mem::replace(&mut self.next, Next::Lost) {
            // Their rows are of no use any more, but a rollback must not meet a call under way.
            pages.stop().await;
        }
        self.transaction.rollback().await;
    }
}
