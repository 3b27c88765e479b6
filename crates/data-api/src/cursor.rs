//! The cursor: pages as batches, the next one on its way while the caller works on this one.

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use tokio::task::JoinHandle;

use crate::column::{self, Column};
use crate::decode::decode;
use crate::page::{Page, PageSize};
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
    size: PageSize,
    next: Next,
    is_read: bool,
    remaining: Option<u64>,
    is_truncated: bool,
    rounded_values: u64,
}

/// Where the next page is.
#[derive(Debug)]
enum Next {
    Here(Page),
    OnItsWay(JoinHandle<Result<Page, Error>>),
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
            size: PageSize::new(&query.limits),
            next: Next::Here(first),
            is_read: false,
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
        // Whether more rows follow shows when this page is decoded. A page in the middle is taken for a full one,
        // and the next asked for at once: at the end that costs a call that returns none. The first page, which is
        // the only one of most results, is decoded before.
        if self.is_read && self.remaining.is_none_or(|remaining| remaining >= page.asked) {
            self.size.learn(page.asked, page.json.len(), self.has_blobs());
            self.next = Next::OnItsWay(self.fetch(page.asked));
        }
        self.is_read = true;
        let decoded = decode(&self.columns, &self.schema, &page)?;
        let rows = decoded.batch.num_rows() as u64;
        let batch = self.cut(decoded.batch);
        if rows < page.asked || self.is_truncated {
            self.end().await;
        } else if !matches!(self.next, Next::OnItsWay(_)) {
            self.size.learn(rows, page.json.len(), self.has_blobs());
            self.next = Next::OnItsWay(self.fetch(0));
        }
        self.rounded_values += decoded.rounded_values;
        Ok(Some(batch).filter(|batch| batch.num_rows() > 0))
    }

    /// The page that comes next. To drop this future loses nothing: the call stays on its way.
    async fn page(&mut self) -> Result<Option<Page>, Error> {
        if let Next::OnItsWay(fetch) = &mut self.next {
            let fetched = fetch.await;
            self.next = Next::Lost;
            return fetched
                .map_err(|error| {
                    Error::new(ErrorKind::TransactionLost, "a fetch was broken off; begin anew")
                        .with_source(error)
                })?
                .map(Some)
                .map_err(|error| nested(error, &self.columns));
        }
        match std::mem::replace(&mut self.next, Next::Lost) {
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

    fn has_blobs(&self) -> bool {
        self.columns.iter().any(|column| column.data_type == DataType::Binary)
    }

    /// Sends the next call, while `unread` rows of the former are not yet counted. The former has answered, so
    /// that there are never two at once.
    fn fetch(&self, unread: u64) -> JoinHandle<Result<Page, Error>> {
        let missing = self.remaining.map_or(u64::MAX, |rows| (rows - unread).saturating_add(1));
        let rows = self.size.rows().min(missing);
        let transaction = self.transaction.clone();
        let timeout = self.query.limits.statement_timeout();
        tokio::spawn(async move { Page::fetch(&transaction, rows, timeout).await })
    }

    async fn abandon(&mut self) {
        if let Next::OnItsWay(fetch) = std::mem::replace(&mut self.next, Next::Lost) {
            // Its rows are of no use any more, but a rollback must not meet it under way.
            let _ = fetch.await;
        }
        self.transaction.rollback().await;
    }
}
