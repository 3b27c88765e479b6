//! The administrator's one transaction, over the RDS Data API: `data-api` only reads.

use aws_sdk_rdsdata::Client;
use data_api::Database;
use reporting::Error;

use crate::failure::sort;

/// The longest statement that the service takes, in characters (Data API limits, Aurora User Guide).
pub const MAX_STATEMENT_CHARS: usize = 65_536;

/// A transaction that has begun, as the role of the database's secret. Dropped without an end, the service undoes it
/// within three minutes.
#[derive(Debug)]
pub struct Administration {
    client: Client,
    database: Database,
    id: String,
}

impl Administration {
    /// Begins one. A database that resumes from a pause is an error: read from it first, which waits for it.
    ///
    /// # Errors
    /// The service's own.
    pub async fn begin(client: Client, database: Database) -> Result<Administration, Error> {
        let call = client.begin_transaction().resource_arn(&database.cluster_arn);
        let call = call.secret_arn(&database.secret_arn).database(&database.name);
        let begun =
            call.send().await.map_err(|error| sort("failed to begin a transaction", error))?;
        Ok(Administration { client, database, id: begun.transaction_id.unwrap_or_default() })
    }

    /// Runs one statement. After a failure nothing but [`Administration::roll_back`] is of use.
    ///
    /// # Errors
    /// The service's own, with the statement's first words.
    pub async fn run(&self, sql: &str) -> Result<(), Error> {
        let call = self.client.execute_statement().resource_arn(&self.database.cluster_arn);
        let call = call.secret_arn(&self.database.secret_arn).database(&self.database.name);
        let ran = call.transaction_id(&self.id).sql(sql).send().await;
        let told = || format!("failed to run `{}`", first_line(sql));
        ran.map(drop).map_err(|error| sort(told(), error))
    }

    /// Makes it last.
    ///
    /// # Errors
    /// The service's own; then nothing lasts, or an answer was lost and everything does.
    pub async fn commit(self) -> Result<(), Error> {
        let call = self.client.commit_transaction().resource_arn(&self.database.cluster_arn);
        let call = call.secret_arn(&self.database.secret_arn).transaction_id(&self.id);
        call.send().await.map(drop).map_err(|error| sort("failed to commit", error))
    }

    /// Undoes it. A failure is of no weight: the service then does the same by itself.
    pub async fn roll_back(self) {
        let call = self.client.rollback_transaction().resource_arn(&self.database.cluster_arn);
        let call = call.secret_arn(&self.database.secret_arn).transaction_id(&self.id);
        let _ = call.send().await;
    }
}

/// The first line that is no comment.
fn first_line(sql: &str) -> &str {
    let mut lines = sql.lines().map(str::trim);
    lines.find(|line| !line.is_empty() && !line.starts_with("--")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::first_line;

    #[test]
    fn a_statement_is_told_by_its_first_line() {
        assert_eq!(first_line("-- why\n\nCREATE TABLE t (\n  n integer\n)"), "CREATE TABLE t (");
        assert_eq!(first_line("-- nothing"), "");
    }
}
