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

/// The caller's SQL, and what stands around it.
#[derive(Clone, Copy)]
struct Statement<'a> {
    before: &'a str,
    sql: &'a str,
    after: &'a str,
}

impl Statement<'_> {
    fn check_length(self) -> Result<(), Error> {
        let parts = [DECLARE, self.before, self.sql, self.after];
        let characters: usize = parts.iter().map(|part| part.chars().count()).sum();
        if characters <= MAX_STATEMENT_CHARS {
            return Ok(());
        }
        let message = format!(
            "the statement has {characters} characters and the RDS Data API takes {MAX_STATEMENT_CHARS}; shorten it"
        );
        Err(Error::new(ErrorKind::SqlFailed, message))
    }
}

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
        let settled = Statement { before: "", sql, after: "" };
        let refused = match Self::begin(client, database, settled, limits).await {
            Err(refused) if refused.kind() == ErrorKind::UnsupportedType => refused,
            opened => return opened,
        };
        // The service names the type that it cannot return, but not the column. A page of no rows has the
        // columns, and those that cannot be read are asked for as text.
        let columns = Self::describe(client, database, settled, limits).await?;
        let Some((before, after)) = column::select_as_text(&columns) else { return Err(refused) };
        let sql = sql.trim_end_matches(|c: char| c == ';' || c.is_whitespace());
        let cast = Statement { before: &before, sql, after: &after };
        let cursor = Self::begin(client, database, cast, limits).await?;
        Ok(Cursor { columns, ..cursor })
    }

    async fn begin(
        client: &Client,
        database: &Database,
        statement: Statement<'_>,
        limits: &Limits,
    ) -> Result<Cursor, Error> {
        let size = PageSize::new(limits);
        let rows = size.rows().min(limits.max_rows.map_or(u64::MAX, |rows| rows.saturating_add(1)));
        let (transaction, page) =
            Self::first_page(client, database, statement, limits, rows).await?;
        let columns = match page.metadata.iter().map(Column::of).collect::<Result<Vec<_>, _>>() {
            Ok(columns) => columns,
            Err(error) => {
                transaction.rollback().await;
                return Err(error);
            }
        };
        Ok(Cursor {
            transaction,
            schema: column::schema(&columns),
            columns,
            size,
            next: Next::Here(page),
            timeout: limits.statement_timeout(),
            remaining: limits.max_rows,
            is_truncated: false,
            rounded_values: 0,
        })
    }

    /// The columns of the statement, those that the service cannot return as text.
    async fn describe(
        client: &Client,
        database: &Database,
        statement: Statement<'_>,
        limits: &Limits,
    ) -> Result<Vec<Column>, Error> {
        let (transaction, page) = Self::first_page(client, database, statement, limits, 0).await?;
        transaction.rollback().await;
        Ok(page.metadata.iter().map(Column::of_any_type).collect())
    }

    /// Begins a transaction and fetches the first rows. After a failure nothing is left open.
    async fn first_page(
        client: &Client,
        database: &Database,
        statement: Statement<'_>,
        limits: &Limits,
        rows: u64,
    ) -> Result<(Transaction, Page), Error> {
        statement.check_length()?;
        let transaction = Transaction::begin(client, database, limits.resume_timeout).await?;
        match Self::declare_and_fetch(&transaction, statement, limits, rows).await {
            Ok(page) => Ok((transaction, page)),
            Err(error) => {
                transaction.rollback().await;
                Err(error)
            }
        }
    }

    async fn declare_and_fetch(
        transaction: &Transaction,
        statement: Statement<'_>,
        limits: &Limits,
        rows: u64,
    ) -> Result<Page, Error> {
        let timeout = limits.statement_timeout();
        transaction.execute(READ_ONLY, Call::own(timeout)).await?;
        transaction.execute(&limits.settings(), Call::own(timeout)).await?;
        let sql_offset = DECLARE.len() + statement.before.chars().count();
        let declare = Call { sql_offset: Some(sql_offset), page_rows: 0, timeout };
        let Statement { before, sql, after } = statement;
        transaction.execute(&format!("{DECLARE}{before}{sql}{after}"), declare).await?;
        Page::fetch(transaction, rows, timeout).await
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
