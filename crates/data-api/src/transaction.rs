//! One transaction on the service: its calls, and nothing of what they mean.

use std::time::Duration;

use aws_sdk_rdsdata::Client;
use aws_sdk_rdsdata::operation::execute_statement::builders::ExecuteStatementFluentBuilder;
use aws_sdk_rdsdata::types::{DecimalReturnType, LongReturnType, ResultSetOptions};
use aws_smithy_types::byte_stream::ByteStream;
use tokio::time::{Instant, sleep};

use crate::answer::RawAnswer;
use crate::failure::{Call, no_answer};
use crate::{Database, Error, ErrorKind};

/// No body is longer: the service answers 1 MiB at most ("Data API limitations" of the Aurora User Guide), though it was
/// seen to count what PostgreSQL sends, of which JSON makes more.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// A transaction that has begun. The service takes one call at a time in it.
#[derive(Debug, Clone)]
pub(crate) struct Transaction {
    client: Client,
    database: Database,
    id: String,
}

impl Transaction {
    /// Begins one, and waits for a database that resumes from a pause: this is the one owner of that
    /// failure's retries.
    pub(crate) async fn begin(
        client: &Client,
        database: &Database,
        resume_timeout: Duration,
    ) -> Result<Transaction, Error> {
        let deadline = Instant::now() + resume_timeout;
        let mut pause = resume_timeout / 64;
        loop {
            match Self::try_begin(client, database).await {
                Err(error)
                    if error.kind() == ErrorKind::DatabaseResuming
                        && Instant::now() + pause < deadline =>
                {
                    sleep(pause).await;
                    pause = (pause * 2).min(resume_timeout / 8);
                }
                begun => return begun,
            }
        }
    }

    async fn try_begin(client: &Client, database: &Database) -> Result<Transaction, Error> {
        let begun = client
            .begin_transaction()
            .resource_arn(&database.cluster_arn)
            .secret_arn(&database.secret_arn)
            .database(&database.name)
            .send()
            .await
            .map_err(|error| Call::own(Duration::ZERO).error(error))?;
        let id =
            begun.transaction_id.ok_or_else(|| Error::malformed("a transaction without an id"))?;
        Ok(Transaction { client: client.clone(), database: database.clone(), id })
    }

    /// Runs one statement that returns no rows of interest.
    pub(crate) async fn execute(&self, sql: &str, call: Call) -> Result<(), Error> {
        self.statement(sql).send().await.map(drop).map_err(|error| call.error(error))
    }

    /// Runs one statement and hands its answer's body on as it came, unread, in place of what is in `bytes`.
    pub(crate) async fn fetch(
        &self,
        sql: &str,
        call: Call,
        mut bytes: Vec<u8>,
    ) -> Result<Vec<u8>, Error> {
        bytes.clear();
        let answer = RawAnswer::default();
        let sent = self.statement(sql).customize().interceptor(answer.clone()).send().await;
        sent.map_err(|error| call.error(error))?;
        let body = answer.body().ok_or_else(|| Error::malformed("no body"))?;
        let mut body = ByteStream::new(body);
        // A `Content-Length` makes it one allocation.
        let size = usize::try_from(body.size_hint().0).unwrap_or(usize::MAX);
        bytes.reserve_exact(size.min(MAX_BODY_BYTES));
        while let Some(frame) = body.next().await {
            bytes.extend_from_slice(&frame.map_err(|error| no_answer().with_source(error))?);
            if bytes.len() > MAX_BODY_BYTES {
                return Err(Error::malformed("a body that is too long"));
            }
        }
        Ok(bytes)
    }

    /// One statement. It is never sent twice, whatever happens to its answer.
    fn statement(&self, sql: &str) -> ExecuteStatementFluentBuilder {
        // Strings keep a numeric's digits, which doubles would not.
        let options = ResultSetOptions::builder()
            .decimal_return_type(DecimalReturnType::String)
            .long_return_type(LongReturnType::Long)
            .build();
        self.client
            .execute_statement()
            .resource_arn(&self.database.cluster_arn)
            .secret_arn(&self.database.secret_arn)
            .database(&self.database.name)
            .transaction_id(&self.id)
            .include_result_metadata(true)
            .result_set_options(options)
            .sql(sql)
    }

    /// Ends it. A failure is no news: the transaction has read only, and what the service still holds of
    /// it ends by itself once it stood idle.
    pub(crate) async fn rollback(&self) {
        let _ = self
            .client
            .rollback_transaction()
            .resource_arn(&self.database.cluster_arn)
            .secret_arn(&self.database.secret_arn)
            .transaction_id(&self.id)
            .send()
            .await;
    }
}
