//! The RDS Data API as Arrow record batches: one read-only transaction, one cursor, any number of rows.
//!
//! The service answers at most 1 MiB a call and has no paging of its own, so a result is read through a
//! cursor, in pages whose size follows from the bytes of the pages before. While the caller works on one
//! page the next is on its way. Every extraction makes the same few calls:
//!
//! | call | statement |
//! |---|---|
//! | BeginTransaction | |
//! | ExecuteStatement | `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY` |
//! | ExecuteStatement | `SELECT set_config(…, true), …`: the time-outs and output formats of [`Limits`]. That it is a query fixes the transaction's mode: after it, nothing can turn READ ONLY off |
//! | ExecuteStatement | `DECLARE quaestor NO SCROLL CURSOR FOR` the caller's SQL |
//! | ExecuteStatement, once a page | `FETCH FORWARD n FROM quaestor` |
//! | RollbackTransaction | always, at the end and after a failure |
//!
//! A type that the service cannot return is read all the same: the columns are described by a page of no
//! rows, and the statement begins anew as `SELECT c1, c2::text … FROM (…) AS q (c1, c2 …)`.
//!
//! Nothing is retried inside a transaction: a `FETCH` whose answer was lost has moved the cursor, and a
//! second one would skip its rows. Only a database that resumes from a pause is waited for, before the
//! transaction begins.
//!
//! A page over the service's limit loses the transaction ([`ErrorKind::PageOverflow`]), and so does an array of
//! several dimensions, which no type tells ([`ErrorKind::NestedArray`]). Begin anew with [`Limits::after`], and
//! throw away what came before:
//!
//! ```no_run
//! # async fn write(_: arrow::array::RecordBatch) {}
//! # async fn example(api: data_api::DataApi) -> Result<(), data_api::Error> {
//! use data_api::{DataApi, Error, Limits};
//!
//! async fn extract(api: &DataApi, sql: &str, limits: &Limits) -> Result<(), Error> {
//!     let mut cursor = api.open(sql, limits).await?;
//!     while let Some(batch) = cursor.next_batch().await? {
//!         write(batch).await; // to something that shows nothing before it is complete
//!     }
//!     Ok(())
//! }
//!
//! let mut limits = Limits::default();
//! while let Err(error) = extract(&api, "SELECT 1 AS one", &limits).await {
//!     limits = limits.after(error)?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The SQL is not checked here: that it is one statement, and one that only reads, is the caller's care.
//! The service takes a `:name` outside of quotes for a parameter, and none is given.

mod answer;
mod cells;
mod column;
mod cursor;
mod decimal;
mod decode;
mod error;
mod failure;
mod json;
mod limits;
mod member;
mod page;
mod pages;
mod query;
mod rows;
mod told;
mod transaction;
mod types;

use aws_sdk_rdsdata::Client;
use aws_sdk_rdsdata::config::retry::RetryConfig;

use query::Query;

pub use column::Column;
pub use cursor::Cursor;
pub use error::{Error, ErrorKind, SqlError};
pub use limits::Limits;
pub use rows::Rows;

/// Where the database is and which secret opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// The ARN of the Aurora cluster.
    pub cluster_arn: String,
    /// The ARN of the secret with the role's name and password.
    pub secret_arn: String,
    /// The database in the cluster.
    pub name: String,
}

/// One database, read through the RDS Data API.
#[derive(Debug, Clone)]
pub struct DataApi {
    client: Client,
    database: Database,
}

impl DataApi {
    /// Calls through `client`, whose time-outs should be 60 s or more: the service ends a call after 45 s.
    /// Retries are switched off, whatever the client says.
    pub fn new(client: Client, database: Database) -> Self {
        let config = client.config().to_builder().retry_config(RetryConfig::disabled());
        DataApi { client: Client::from_conf(config.build()), database }
    }

    /// Begins a transaction, declares the cursor and fetches the first page, so that a mistake in the SQL
    /// and a type that cannot be read show here. After a failure nothing is left open.
    pub async fn open(&self, sql: &str, limits: &Limits) -> Result<Cursor, Error> {
        // Boxed: the SDK's futures nest so deeply that rustc gives up on those of a caller's callers.
        Box::pin(self.query(sql, limits).open()).await
    }

    fn query(&self, sql: &str, limits: &Limits) -> Query {
        Query {
            client: self.client.clone(),
            database: self.database.clone(),
            sql: sql.to_owned(),
            limits: limits.clone(),
        }
    }

    /// Reads the whole result into memory, anew with smaller pages when one overflowed. `limits.max_rows`
    /// is its only bound: set it.
    pub async fn collect(&self, sql: &str, limits: &Limits) -> Result<Rows, Error> {
        let mut limits = limits.clone();
        loop {
            match Rows::read(self, sql, &limits).await {
                Err(error) => limits = limits.after(error)?,
                rows => return rows,
            }
        }
    }

    /// Rows of text, for small queries on the catalog whose every column is cast to text. A result of more
    /// than `limits.max_rows` rows is cut there.
    pub async fn rows_as_text(
        &self,
        sql: &str,
        limits: &Limits,
    ) -> Result<Vec<Vec<Option<String>>>, Error> {
        self.collect(sql, limits).await?.as_text()
    }
}
