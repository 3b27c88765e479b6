//! The cursor: pages as batches, the next one on its way while the caller works on this one.

use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use aws_sdk_rdsdata::Client;
use tokio::task::JoinHandle;

use crate::column::{self, Column, Described};
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
    is_read: bool,
    timeout: Duration,
    remaining: Option<u64>,
    is_truncated: bool,
    rounded_values: u64,
}

/// A refused result, whose types are all returned, has an array of several dimensions.
fn nested(error: Error, columns: &[Column]) -> Error {
    let has_lists = || columns.iter().any(|column| matches!(column.data_type, DataType::List(_)));
    match error.kind() {
        ErrorKind::UnsupportedType if has_lists() => error.of_kind(ErrorKind::NestedArray),
        _ => error,
    }
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
        let described = Self::describe(client, database, settled, limits).await?;
        let cast = column::select_as_text(&described);
        let columns: Vec<Column> = described.into_iter().map(|it| it.column).collect();
        let Some((before, after)) = cast else { return Err(nested(refused, &columns)) };
        let sql = sql.trim_end_matches(|c: char| c == ';' || c.is_whitespace());
        let statement = Statement { before: &before, sql, after: &after };
        let cursor = Self::begin(client, database, statement, limits).await;
        let cursor = cursor.map_err(|refused| nested(refused, &columns))?;
        Ok(Cursor { schema: column::schema(&columns), columns, ..cursor })
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
        let columns = page.metadata().and_then(|metadata| {
            let columns = metadata.iter().map(|it| Described::new(it, limits.arrays_as_text));
            columns.map(Described::unless_refused).collect::<Result<Vec<_>, _>>()
        });
        let columns = match columns {
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
            is_read: false,
            timeout: limits.statement_timeout(),
            remaining: limits.max_rows,
            is_truncated: false,
            rounded_values: 0,
        })
    }

    /// The columns of the statement, with the casts that they need.
    async fn describe(
        client: &Client,
        database: &Database,
        statement: Statement<'_>,
        limits: &Limits,
    ) -> Result<Vec<Described>, Error> {
        let (transaction, page) = Self::first_page(client, database, statement, limits, 0).await?;
        transaction.rollback().await;
        let metadata = page.metadata()?;
        Ok(metadata.iter().map(|it| Described::new(it, limits.arrays_as_text)).collect())
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
