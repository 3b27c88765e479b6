//! The administrator's transaction, over the RDS Data API. `data-api` only reads, so the calls that write are here; it
//! still owns the wait for a database that resumes.

use std::fmt::Write as _;

use aws::data_api_failure;
use aws_sdk_rdsdata::Client;
use aws_sdk_rdsdata::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_rdsdata::types::Field;
use data_api::{DataApi, Database, Limits};
use reporting::{Error, ErrorKind};

use crate::catalog::{Row, Session};

/// A transaction that has begun, as the role of the secret.
pub(crate) struct Transaction {
    client: Client,
    database: Database,
    id: String,
}

/// Why none has begun.
pub(crate) enum BeginError {
    /// Cluster, database or secret are no more, as the service says.
    Gone(Error),
    Other(Error),
}

impl From<BeginError> for Error {
    fn from(error: BeginError) -> Error {
        match error {
            BeginError::Gone(error) | BeginError::Other(error) => error,
        }
    }
}

impl Transaction {
    /// Begins one, once a database that resumes from a pause is there.
    pub(crate) async fn begin(
        client: &Client,
        database: &Database,
    ) -> Result<Transaction, BeginError> {
        let begun = match try_begin(client, database).await {
            Err(error) if error.code() == Some("DatabaseResumingException") => {
                wait(client, database).await.map_err(BeginError::Other)?;
                try_begin(client, database).await
            }
            begun => begun,
        };
        match begun {
            Ok(id) => Ok(Transaction { client: client.clone(), database: database.clone(), id }),
            Err(error) => {
                let is_gone =
                    is_gone(error.code().unwrap_or_default(), error.message().unwrap_or_default());
                let told = sort("failed to reach the database", error);
                Err(if is_gone { BeginError::Gone(told) } else { BeginError::Other(told) })
            }
        }
    }

    /// Makes it last.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        let call = self.client.commit_transaction().resource_arn(&self.database.cluster_arn);
        let call = call.secret_arn(&self.database.secret_arn).transaction_id(&self.id);
        call.send().await.map_err(|error| sort("failed to commit", error)).map(drop)
    }

    /// Undoes it. Should this fail, the service does the same in three minutes.
    pub(crate) async fn rollback(self) {
        let call = self.client.rollback_transaction().resource_arn(&self.database.cluster_arn);
        let call = call.secret_arn(&self.database.secret_arn).transaction_id(&self.id);
        let _ = call.send().await;
    }
}

impl Session for Transaction {
    async fn run(&self, sql: &str) -> Result<Vec<Row>, Error> {
        let call = self.client.execute_statement().resource_arn(&self.database.cluster_arn);
        let call = call.secret_arn(&self.database.secret_arn).database(&self.database.name);
        let answer = call.transaction_id(&self.id).sql(sql).send().await.map_err(|error| {
            let what = format!("failed to run `{}`", first_words(sql));
            sort(&what, error)
        })?;
        let field = |field: &Field| field.as_string_value().ok().cloned();
        Ok(answer.records().iter().map(|row| row.iter().map(field).collect()).collect())
    }
}

/// Logs in with the secret, and reads in a read-only transaction.
pub(crate) async fn log_in(client: &Client, database: Database) -> Result<(), Error> {
    let api = DataApi::new(client.clone(), database);
    let limits = Limits { max_rows: Some(1), ..Limits::default() };
    api.rows_as_text("SELECT 1::text", &limits).await.map_err(data_api_failure).map(drop)
}

async fn wait(client: &Client, database: &Database) -> Result<(), Error> {
    log_in(client, database.clone()).await
}

async fn try_begin(
    client: &Client,
    database: &Database,
) -> Result<String, SdkError<aws_sdk_rdsdata::operation::begin_transaction::BeginTransactionError>>
{
    let call = client.begin_transaction().resource_arn(&database.cluster_arn);
    let begun = call.secret_arn(&database.secret_arn).database(&database.name).send().await?;
    Ok(begun.transaction_id.unwrap_or_default())
}

/// The service's words for what was deleted. `HttpEndpointNotEnabledException`, or the same as a bad request, is its
/// answer for a cluster that it does not know, and `3D000` is PostgreSQL's for a database that is not there.
fn is_gone(code: &str, message: &str) -> bool {
    match code {
        "NotFoundException"
        | "DatabaseNotFoundException"
        | "HttpEndpointNotEnabledException"
        | "SecretsErrorException"
        | "InvalidSecretException" => true,
        "BadRequestException" | "DatabaseErrorException" => {
            message.contains("HttpEndpoint is not enabled") || message.contains("3D000")
        }
        _ => false,
    }
}

fn sort<E: ProvideErrorMetadata>(what: &str, error: SdkError<E>) -> Error {
    let (code, message) =
        (error.code().unwrap_or_default(), error.message().unwrap_or("the service did not answer"));
    let kind = match code {
        "ThrottlingException" => ErrorKind::Throttled,
        "AccessDeniedException" | "ForbiddenException" => ErrorKind::AccessDenied,
        _ if is_gone(code, message) => ErrorKind::Misconfigured,
        "BadRequestException" | "DatabaseErrorException" => ErrorKind::SqlFailed,
        _ => ErrorKind::Unavailable,
    };
    let mut told = format!("{what}: {message}");
    if !code.is_empty() {
        // A `String` takes whatever is written to it.
        let _ = write!(told, " ({code})");
    }
    Error::new(kind, told)
}

/// Enough to know the statement by, without a password's verifier.
fn first_words(sql: &str) -> &str {
    let end = sql.find(" PASSWORD ").unwrap_or(sql.len()).min(120);
    &sql[..sql.floor_char_boundary(end)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_services_words_for_what_is_gone() {
        for (code, message, expected) in [
            ("NotFoundException", "", true),
            ("DatabaseNotFoundException", "", true),
            ("HttpEndpointNotEnabledException", "", true),
            ("SecretsErrorException", "", true),
            ("InvalidSecretException", "", true),
            ("BadRequestException", "HttpEndpoint is not enabled for resource arn", true),
            (
                "DatabaseErrorException",
                "ERROR: database \"x\" does not exist; SQLState: 3D000",
                true,
            ),
            ("BadRequestException", "Communications link failure", false),
            ("AccessDeniedException", "not authorized", false),
            ("ThrottlingException", "", false),
        ] {
            assert_eq!(is_gone(code, message), expected, "{code}: {message}");
        }
    }

    #[test]
    fn a_failed_statement_is_named_without_its_verifier() {
        let create = "CREATE ROLE \"r\" LOGIN PASSWORD 'SCRAM-SHA-256$…'";
        assert_eq!(first_words(create), "CREATE ROLE \"r\" LOGIN");
        assert_eq!(first_words("DROP ROLE \"r\""), "DROP ROLE \"r\"");
    }
}
