//! The service's errors, each with its code, its status and the words that clients look for.

use tokio_postgres::error::{DbError, ErrorPosition, SqlState};

use crate::http::{Response, rest_error};

/// Why a call was refused. The messages are the service's own and come with its capitals.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(super) enum DataError {
    #[error("{0}")]
    BadRequest(String),
    #[error("{0}")]
    Validation(String),
    #[error("{0}")]
    Serialization(String),
    #[error("{0}")]
    Database(String),
    #[error("Transaction is still running a query")]
    TransactionBusy,
    #[error("Transaction {0} is not found")]
    TransactionNotFound(String),
    #[error("Request timed out")]
    StatementTimeout,
    #[error("The result exceeds the size limit {}", size(*.0))]
    ResultTooLarge(usize),
    /// The documented name of this failure; its code is unconfirmed.
    #[error("Packet for query is too large: a row exceeds the size limit {}", size(*.0))]
    RowTooLarge(usize),
    #[error("The result contains the unsupported data type {0}.")]
    UnsupportedType(String),
    #[error("The result contains a multidimensional array")]
    MultidimensionalArray,
    #[error("HttpEndpoint is not enabled for resource {0}")]
    HttpEndpointNotEnabled(String),
    /// The words are unconfirmed.
    #[error("Secrets Manager can't find the specified secret {0}")]
    Secret(String),
    #[error(
        "The Aurora DB instance is resuming after being auto-paused. Please wait a few seconds \
         and try again."
    )]
    Resuming,
    #[error("Rate exceeded")]
    Throttled,
    #[error("Communications link failure: {0}")]
    Link(String),
    #[error("{0}")]
    UnknownOperation(String),
    /// The service says nothing more, for instance of an infinite timestamp.
    #[error("")]
    Internal,
}

impl DataError {
    pub(super) fn missing(parameter: &str) -> DataError {
        DataError::BadRequest(format!("{parameter} is missing"))
    }

    pub(super) fn response(&self) -> Response {
        rest_error(self.status(), self.code(), &self.to_string())
    }

    pub(super) fn code(&self) -> &'static str {
        match self {
            DataError::BadRequest(_) | DataError::Link(_) => "BadRequestException",
            DataError::Validation(_) => "ValidationException",
            DataError::Serialization(_) => "SerializationException",
            DataError::Database(_) | DataError::TransactionBusy => "DatabaseErrorException",
            DataError::TransactionNotFound(_) => "TransactionNotFoundException",
            DataError::StatementTimeout => "StatementTimeoutException",
            DataError::ResultTooLarge(_)
            | DataError::RowTooLarge(_)
            | DataError::UnsupportedType(_)
            | DataError::MultidimensionalArray => "UnsupportedResultException",
            DataError::HttpEndpointNotEnabled(_) => "HttpEndpointNotEnabledException",
            DataError::Secret(_) => "SecretsErrorException",
            DataError::Resuming => "DatabaseResumingException",
            DataError::Throttled => "ThrottlingException",
            DataError::UnknownOperation(_) => "UnknownOperationException",
            DataError::Internal => "InternalFailure",
        }
    }

    /// Whether the session that met this is over, and with it a transaction.
    pub(super) fn ends_session(&self) -> bool {
        matches!(
            self,
            DataError::StatementTimeout
                | DataError::ResultTooLarge(_)
                | DataError::RowTooLarge(_)
                | DataError::Link(_)
        )
    }

    /// What PostgreSQL or the way to it says. `at`: whether its position counts characters of
    /// the caller's text.
    pub(super) fn of(error: &tokio_postgres::Error, at: bool) -> DataError {
        match error.as_db_error() {
            Some(database) => DataError::of_the_database(database, at),
            None => DataError::Link(match std::error::Error::source(error) {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            }),
        }
    }

    fn status(&self) -> u16 {
        match self {
            DataError::TransactionNotFound(_) | DataError::UnknownOperation(_) => 404,
            DataError::Internal => 500,
            _ => 400,
        }
    }

    fn of_the_database(error: &DbError, at: bool) -> DataError {
        // PostgreSQL's own way to find out: only one command fits a prepared statement.
        if *error.code() == SqlState::SYNTAX_ERROR && error.message().contains("multiple commands")
        {
            return DataError::Validation("Multistatements aren't supported.".into());
        }
        let mut message = format!("ERROR: {}", error.message());
        if let Some(hint) = error.hint() {
            message.push_str(&format!("; Hint: {hint}"));
        }
        if let Some(ErrorPosition::Original(position)) = error.position().filter(|_| at) {
            message.push_str(&format!("; Position: {position}"));
        }
        message.push_str(&format!("; SQLState: {}", error.code().code()));
        DataError::Database(message)
    }
}

impl From<tokio_postgres::Error> for DataError {
    fn from(error: tokio_postgres::Error) -> DataError {
        DataError::of(&error, true)
    }
}

fn size(bytes: usize) -> String {
    const MIB: usize = 1024 * 1024;
    match bytes {
        bytes if bytes > 0 && bytes % MIB == 0 => format!("{} MB.", bytes / MIB),
        bytes if bytes > 0 && bytes % 1024 == 0 => format!("{} KB.", bytes / 1024),
        bytes => format!("{bytes} bytes."),
    }
}
