//! One query: how it is asked so that the service can answer, and why it could not.

use arrow::datatypes::DataType;
use aws_sdk_rdsdata::Client;

use crate::column::{self, Column, Described};
use crate::failure::Call;
use crate::page::{Page, PageSize};
use crate::transaction::Transaction;
use crate::{Cursor, Database, Error, ErrorKind, Limits};

const READ_ONLY: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";
const DECLARE: &str = "DECLARE quaestor NO SCROLL CURSOR FOR ";

/// A statement's characters, at most: "Data API limitations" of the Aurora User Guide.
const MAX_STATEMENT_CHARS: usize = 65_536;

/// What is asked, of whom, within which bounds.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) client: Client,
    pub(crate) database: Database,
    /// The caller's SQL.
    pub(crate) sql: String,
    pub(crate) limits: Limits,
}

/// What stands around the caller's SQL.
#[derive(Debug, Clone, Copy, Default)]
struct Around<'a> {
    before: &'a str,
    after: &'a str,
}

impl Query {
    /// Asks it, and anew as text where the service refuses a type.
    pub(crate) async fn open(self) -> Result<Cursor, Error> {
        match self.try_open().await {
            Ok((transaction, columns, page)) => Ok(Cursor::new(self, transaction, columns, page)),
            Err(error) => Err(self.explained(error).await),
        }
    }

    async fn try_open(&self) -> Result<(Transaction, Vec<Column>, Page), Error> {
        let refused = match self.begin(Around::default()).await {
            Err(refused) if refused.kind() == ErrorKind::UnsupportedType => refused,
            opened => return opened,
        };
        // The service names the type that it cannot return, but not the column. A page of no rows has the
        // columns, and those that cannot be read are asked for as text.
        let described = self.describe().await?;
        let cast = column::select_as_text(&described);
        let columns: Vec<Column> = described.into_iter().map(|it| it.column).collect();
        let Some((before, after)) = cast else { return Err(nested(refused, &columns)) };
        let (transaction, _, page) = self
            .begin(Around { before: &before, after: &after })
            .await
            .map_err(|refused| nested(refused, &columns))?;
        Ok((transaction, columns, page))
    }

    async fn begin(&self, around: Around<'_>) -> Result<(Transaction, Vec<Column>, Page), Error> {
        let missing = self.limits.max_rows.map_or(u64::MAX, |rows| rows.saturating_add(1));
        let rows = PageSize::new(&self.limits).rows().min(missing);
        let (transaction, page) = self.first_page(around, rows).await?;
        let columns = self.described(&page).and_then(|columns| {
            columns.into_iter().map(Described::unless_refused).collect::<Result<Vec<_>, _>>()
        });
        match columns {
            Ok(columns) => Ok((transaction, columns, page)),
            Err(error) => {
                transaction.rollback().await;
                Err(error)
            }
        }
    }

    /// The columns, with the casts that they need.
    async fn describe(&self) -> Result<Vec<Described>, Error> {
        let (transaction, page) = self.first_page(Around::default(), 0).await?;
        transaction.rollback().await;
        self.described(&page)
    }

    fn described(&self, page: &Page) -> Result<Vec<Described>, Error> {
        let metadata = page.metadata()?;
        Ok(metadata.iter().map(|it| Described::new(it, self.limits.arrays_as_text)).collect())
    }

    /// Begins a transaction and fetches the first rows. After a failure nothing is left open.
    async fn first_page(
        &self,
        around: Around<'_>,
        rows: u64,
    ) -> Result<(Transaction, Page), Error> {
        let declare = self.declare(around)?;
        let transaction =
            Transaction::begin(&self.client, &self.database, self.limits.resume_timeout).await?;
        match self.declare_and_fetch(&transaction, &declare, around, rows).await {
            Ok(page) => Ok((transaction, page)),
            Err(error) => {
                transaction.rollback().await;
                Err(error)
            }
        }
    }

    async fn declare_and_fetch(
        &self,
        transaction: &Transaction,
        declare: &str,
        around: Around<'_>,
        rows: u64,
    ) -> Result<Page, Error> {
        let timeout = self.limits.statement_timeout();
        transaction.execute(READ_ONLY, Call::own(timeout)).await?;
        transaction.execute(&self.limits.settings(), Call::own(timeout)).await?;
        let sql_offset = DECLARE.len() + around.before.chars().count();
        let call = Call { sql_offset: Some(sql_offset), page_rows: 0, timeout };
        transaction.execute(declare, call).await?;
        Page::fetch(transaction, rows, timeout, Vec::new()).await
    }

    fn declare(&self, Around { before, after }: Around<'_>) -> Result<String, Error> {
        let sql = match after {
            "" => self.sql.as_str(),
            _ => self.sql.trim_end_matches(|c: char| c == ';' || c.is_whitespace()),
        };
        let declare = format!("{DECLARE}{before}{sql}{after}");
        let characters = declare.chars().count();
        if characters <= MAX_STATEMENT_CHARS {
            return Ok(declare);
        }
        let message = format!(
            "the statement has {characters} characters and the RDS Data API takes {MAX_STATEMENT_CHARS}; shorten it"
        );
        Err(Error::new(ErrorKind::SqlFailed, message))
    }

    /// The error, with the longest column where one row was too large: the service does not name it. That asks
    /// once more, for the lengths alone; if that fails as well, the error stays as it is.
    pub(crate) async fn explained(&self, error: Error) -> Error {
        if error.kind() != ErrorKind::RowTooLarge {
            return error;
        }
        match self.longest_column().await {
            Some((name, bytes)) => error.and_say(&format!(
                "the longest value is in column `{name}`, {bytes} bytes: `left({name}, 10000)` keeps its beginning"
            )),
            None => error,
        }
    }

    /// The column with the longest value of all rows, and that value's length in bytes.
    async fn longest_column(&self) -> Option<(String, i64)> {
        let columns = self.describe().await.ok()?;
        let (before, after) = column::select_lengths(columns.len());
        let (transaction, page) =
            self.first_page(Around { before: &before, after: &after }, 1).await.ok()?;
        transaction.rollback().await;
        let lengths = page.longs().ok()?;
        let names = columns.into_iter().map(|it| it.column.name);
        names.zip(lengths).max_by_key(|(_, length)| *length)
    }
}

/// A refused result, whose types are all returned, has an array of several dimensions.
pub(crate) fn nested(error: Error, columns: &[Column]) -> Error {
    let has_lists = || columns.iter().any(|column| matches!(column.data_type, DataType::List(_)));
    match error.kind() {
        ErrorKind::UnsupportedType if has_lists() => error.of_kind(ErrorKind::NestedArray),
        _ => error,
    }
}
