//! The cursor: pages as batches, the next one on its way while the caller works on this one.

use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use aws_sdk_rdsdata::Client;
use tokio::task::JoinHandle;

use crate::column::{self, Column};
use crate::decode::decode;
use crate::failure::Call;
use crate::page::{Page, PageSize};
use crate::transaction::Transaction;
use crate::{Database, Error, ErrorKind, Limits};

const READ_ONLY: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";
const DECLARE: &str = "DECLARE quaestor NO SCROLL CURSOR FOR ";

/// A statement's characters, at most: "Data API limitations" of the Aurora User Guide.
const MAX_STATEMENT_CHARS: usize = 65_536;

/// An open result, in a transaction of its own.
///
/// It is rolled back when the last batch has come, after a failure, and by [`Cursor::close`]. One that is
/// dropped before ends by itself after `Limits::idle_timeout`.
#[derive(Debug)]
pub struct Cursor {
    transaction: Transaction,
    columns: Vec<Column>,
    schema: SchemaRef,
    size: PageSize,
    next: Next,
    timeout: Duration,
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
    pub(crate) async fn open(
        client: &Client,
        database: &Database,
        sql: &str,
        limits: &Limits,
    ) -> Result<Cursor, Error> {
        let characters = DECLARE.len() + sql.chars().count();
        if characters > MAX_STATEMENT_CHARS {
            let message = format!(
                "the statement has {characters} characters and the RDS Data API takes {MAX_STATEMENT_CHARS}; shorten it"
            );
            return Err(Error::new(ErrorKind::SqlFailed, message));
        }
        let size = PageSize::new(limits);
        let first_rows =
            size.rows().min(limits.max_rows.map_or(u64::MAX, |rows| rows.saturating_add(1)));
        match Self::begin(client, database, sql, limits, size, first_rows).await {
            // The service names the type that it cannot return, but not the column. A page of no rows has
            // the columns, and the column that cannot be read is the error.
            Err(refused) if refused.kind() == ErrorKind::UnsupportedType => {
                match Self::begin(client, database, sql, limits, PageSize::new(limits), 0).await {
                    Err(named) if named.kind() == ErrorKind::UnsupportedType => Err(named),
                    Err(_) => Err(refused),
                    Ok(cursor) => {
                        cursor.close().await;
                        Err(refused)
                    }
                }
            }
            opened => opened,
        }
    }

    async fn begin(
        client: &Client,
        database: &Database,
        sql: &str,
        limits: &Limits,
        size: PageSize,
        first_rows: u64,
    ) -> Result<Cursor, Error> {
        let transaction = Transaction::begin(client, database, limits.resume_timeout).await?;
        let timeout = limits.statement_timeout();
        match Self::first_page(&transaction, sql, limits, timeout, first_rows).await {
            Ok((page, columns)) => Ok(Cursor {
                transaction,
                schema: column::schema(&columns),
                columns,
                size,
                next: Next::Here(page),
                timeout,
                remaining: limits.max_rows,
                is_truncated: false,
                rounded_values: 0,
            }),
            Err(error) => {
                transaction.rollback().await;
                Err(error)
            }
        }
    }

    async fn first_page(
        transaction: &Transaction,
        sql: &str,
        limits: &Limits,
        timeout: Duration,
        rows: u64,
    ) -> Result<(Page, Vec<Column>), Error> {
        transaction.execute(READ_ONLY, Call::own(timeout)).await?;
        transaction.execute(&limits.settings(), Call::own(timeout)).await?;
        let declare = Call { sql_offset: Some(DECLARE.len()), page_rows: 0, timeout };
        transaction.execute(&format!("{DECLARE}{sql}"), declare).await?;
        let page = Page::fetch(transaction, rows, timeout).await?;
        let columns = page.metadata.iter().map(Column::of).collect::<Result<Vec<_>, _>>()?;
        Ok((page, columns))
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
        let batch = self.advance().await;
        if batch.is_err() {
            self.abandon().await;
        }
        batch
    }

    /// Ends the transaction before the last batch has come. Does nothing after it.
    pub async fn close(mut self) {
        if !matches!(self.next, Next::End) {
            self.abandon().await;
        }
    }

    async fn advance(&mut self) -> Result<Option<RecordBatch>, Error> {
        let mut page = match std::mem::replace(&mut self.next, Next::Lost) {
            Next::Here(page) => page,
            Next::OnItsWay(fetch) => fetch.await.map_err(|error| {
                Error::new(ErrorKind::TransactionLost, "a fetch was broken off; begin anew")
                    .with_source(error)
            })??,
            Next::End => {
                self.next = Next::End;
                return Ok(None);
            }
            Next::Lost => {
                let message = "the cursor failed before and knows no next rows; begin anew";
                return Err(Error::new(ErrorKind::TransactionLost, message));
            }
        };
        self.take(&mut page);
        if page.is_last {
            self.transaction.rollback().await;
            self.next = Next::End;
        } else {
            self.next = Next::OnItsWay(self.fetch());
        }
        if page.records.is_empty() {
            return Ok(None);
        }
        let decoded = decode(&self.columns, &self.schema, &page.records)?;
        self.rounded_values += decoded.rounded_values;
        Ok(Some(decoded.batch))
    }

    /// Counts a page's rows, cuts what is over `max_rows` and learns the size of the next.
    fn take(&mut self, page: &mut Page) {
        self.size.learn(&page.records);
        let Some(remaining) = &mut self.remaining else { return };
        let rows = page.records.len() as u64;
        if rows > *remaining {
            page.records.truncate(usize::try_from(*remaining).unwrap_or(usize::MAX));
            page.is_last = true;
            self.is_truncated = true;
        }
        *remaining = remaining.saturating_sub(rows);
    }

    /// Sends the next call. The former has answered, so that there are never two at once.
    fn fetch(&self) -> JoinHandle<Result<Page, Error>> {
        let rows =
            self.size.rows().min(self.remaining.map_or(u64::MAX, |rows| rows.saturating_add(1)));
        let (transaction, timeout) = (self.transaction.clone(), self.timeout);
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
