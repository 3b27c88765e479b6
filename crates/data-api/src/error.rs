//! Why an extraction failed, and what that means for a retry.

/// A failed extraction. Its message is fit to show a person or a model: what happened, where, and what to do
/// next. It never holds a value of a row.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    sql: Option<Box<SqlError>>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What PostgreSQL said of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlError {
    /// Five characters of PostgreSQL's appendix A; the service leaves it out now and then.
    pub sqlstate: Option<String>,
    /// The primary message, with its hint. Values that it may quote from a row are left out.
    pub message: String,
    /// A character of the SQL as it was given, counted from 1.
    pub position: Option<usize>,
}

/// The kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A statement ran into its time-out, or into the service's own.
    QueryTooSlow,
    /// PostgreSQL or the service refused or broke off the SQL for another reason than those below.
    SqlFailed,
    /// The SQL names a table that is not there.
    UnknownRelation,
    /// The SQL names a column that is not there.
    UnknownColumn,
    /// The role may not read what the SQL names.
    PermissionDenied,
    /// A column's type cannot be read; the message names the cast.
    UnsupportedType,
    /// A value does not fit its column's Arrow type; the message names the column and a cast.
    ValueOutOfRange,
    /// One row is larger than the service carries.
    RowTooLarge,
    /// A page was larger than the service carries, and the transaction is lost. Begin anew with
    /// [`Limits::after`](crate::Limits::after).
    PageOverflow {
        /// The rows that the page was to hold.
        page_rows: u64,
    },
    /// A column of arrays holds one of several dimensions, which the service does not return, and the transaction is
    /// lost. Begin anew with [`Limits::after`](crate::Limits::after).
    NestedArray,
    /// The service or PostgreSQL ended the transaction.
    TransactionLost,
    /// The service asks to be called less often.
    Throttled,
    /// The database was still resuming from a pause when the time to wait for it was over.
    DatabaseResuming,
    /// The service, the database or the way to them failed.
    Unavailable,
    /// The caller or the secret is refused.
    AccessDenied,
    /// The cluster, its Data API endpoint, the secret or the database is not there.
    Misconfigured,
}

impl ErrorKind {
    /// A stable name.
    pub fn error_type(self) -> &'static str {
        match self {
            ErrorKind::QueryTooSlow => "query_too_slow",
            ErrorKind::SqlFailed => "sql_failed",
            ErrorKind::UnknownRelation => "unknown_relation",
            ErrorKind::UnknownColumn => "unknown_column",
            ErrorKind::PermissionDenied => "permission_denied",
            ErrorKind::UnsupportedType | ErrorKind::NestedArray => "unsupported_type",
            ErrorKind::ValueOutOfRange => "value_out_of_range",
            ErrorKind::RowTooLarge => "row_too_large",
            ErrorKind::PageOverflow { .. } => "page_overflow",
            ErrorKind::TransactionLost => "transaction_lost",
            ErrorKind::Throttled => "throttled",
            ErrorKind::DatabaseResuming => "database_resuming",
            ErrorKind::Unavailable => "unavailable",
            ErrorKind::AccessDenied => "access_denied",
            ErrorKind::Misconfigured => "misconfigured",
        }
    }

    /// Whether the same extraction, begun anew and unchanged, may succeed.
    pub fn retryable(self) -> bool {
        matches!(
            self,
            ErrorKind::TransactionLost
                | ErrorKind::Throttled
                | ErrorKind::DatabaseResuming
                | ErrorKind::Unavailable
        )
    }
}

impl Error {
    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The stable name of its kind.
    pub fn error_type(&self) -> &'static str {
        self.kind.error_type()
    }

    /// Whether the same extraction, begun anew and unchanged, may succeed.
    pub fn retryable(&self) -> bool {
        self.kind.retryable()
    }

    /// What PostgreSQL said, if it was PostgreSQL that said it.
    pub fn sql(&self) -> Option<&SqlError> {
        self.sql.as_deref()
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), sql: None, source: None }
    }

    pub(crate) fn of_kind(self, kind: ErrorKind) -> Self {
        Error { kind, ..self }
    }

    pub(crate) fn and_say(self, more: &str) -> Self {
        Error { message: format!("{}; {more}", self.message), ..self }
    }

    pub(crate) fn with_sql(self, sql: SqlError) -> Self {
        Error { sql: Some(Box::new(sql)), ..self }
    }

    pub(crate) fn with_source(
        self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Error { source: Some(source.into()), ..self }
    }

    /// The answer of a call is not what the service documents; most likely it was cut short.
    pub(crate) fn malformed(what: &str) -> Self {
        Error::new(
            ErrorKind::Unavailable,
            format!("the RDS Data API gave an incomplete answer: {what}; begin anew"),
        )
    }
}
