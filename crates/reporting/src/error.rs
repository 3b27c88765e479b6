//! What can go wrong, by kind. The kind gives the stable `error_type` that the state machine matches.

use serde::{Deserialize, Serialize};

macro_rules! error_kinds {
    ($($(#[$doc:meta])* $kind:ident = $error_type:literal, $retryable:literal;)*) => {
        /// Why a step failed. Each kind has one stable `error_type` and says whether the owner of
        /// its retries (the state machine) may try again.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorKind { $($(#[$doc])* $kind,)* }

        impl ErrorKind {
            /// Every kind.
            pub const ALL: &[ErrorKind] = &[$(ErrorKind::$kind,)*];

            /// The name by which the state machine, `run.json` and the audit table know this kind.
            pub fn error_type(self) -> &'static str {
                match self { $(ErrorKind::$kind => $error_type,)* }
            }

            /// Whether the same call may succeed later, unchanged.
            pub fn retryable(self) -> bool {
                match self { $(ErrorKind::$kind => $retryable,)* }
            }

            /// The kind of that name; a name that is not ours is [`ErrorKind::Internal`].
            pub fn named(error_type: &str) -> ErrorKind {
                match error_type { $($error_type => ErrorKind::$kind,)* _ => ErrorKind::Internal }
            }
        }
    };
}

error_kinds! {
    /// The event or the command is malformed.
    InvalidRequest = "invalid_request", false;
    /// A question's file cannot be read as a question.
    InvalidQuestion = "invalid_question", false;
    /// Two files would share one Athena table.
    DuplicateQuestion = "duplicate_question", false;
    /// A file that the run names is not there.
    QuestionNotFound = "question_not_found", false;
    /// The schema cannot answer the question, as the model says.
    Unanswerable = "unanswerable", false;
    /// The guardrail refused the question before any SQL was made.
    GuardrailBlocked = "guardrail_blocked", false;
    /// The guard refused the SQL.
    SqlRefused = "sql_refused", false;
    /// The SQL reads a table that the question does not allow.
    TableNotAllowed = "table_not_allowed", false;
    /// The agent ended without a query that ran.
    NotSettled = "not_settled", false;
    /// The SQL names a table that is not there.
    UnknownRelation = "unknown_relation", false;
    /// The SQL names a column that is not there.
    UnknownColumn = "unknown_column", false;
    /// The database role may not read that.
    PermissionDenied = "permission_denied", false;
    /// The database refused or broke off the SQL for another reason.
    SqlFailed = "sql_failed", false;
    /// The SQL took longer than the question's time-out.
    QueryTooSlow = "query_too_slow", false;
    /// The result has more rows than the question's `max_rows`.
    TooManyRows = "too_many_rows", false;
    /// The result is not what the question's `expect` says.
    UnexpectedResult = "unexpected_result", false;
    /// A column's type is not the table's, and cannot be cast to it without loss.
    SchemaChanged = "schema_changed", false;
    /// A column has a type that a report cannot hold yet.
    UnsupportedType = "unsupported_type", false;
    /// A value does not fit its column's type in the report.
    ValueOutOfRange = "value_out_of_range", false;
    /// One row is larger than the Data API can carry.
    RowTooLarge = "row_too_large", false;
    /// Pages stayed too large however few rows they held.
    PageOverflow = "page_overflow", false;
    /// The database dropped the transaction; a new extraction may succeed.
    TransactionLost = "transaction_lost", true;
    /// A service asks to be called less often.
    Throttled = "throttled", true;
    /// The database was still waking up when the time to wait for it was over. Who reads waits; nobody retries.
    DatabaseResuming = "database_resuming", false;
    /// A service did not answer, or answered that it cannot now.
    Unavailable = "unavailable", true;
    /// The function's role lacks a permission.
    AccessDenied = "access_denied", false;
    /// The cluster, its Data API, the secret or the database is not there.
    Misconfigured = "misconfigured", false;
    /// A step took longer than its function may.
    TimedOut = "timed_out", false;
    /// No child of the map says what became of the question.
    Lost = "lost", false;
    /// A defect, or a failure that nobody foresaw.
    Internal = "internal", false;
}

/// A failed step: a kind, a message fit to show a person, and perhaps what caused it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error that says what happened, where, and what to do next.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), source: None }
    }

    /// The same error with its cause.
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Its kind.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// As it is filed in an answer.
    pub fn to_failure(&self) -> Failure {
        Failure { error_type: self.kind.error_type().to_owned(), message: self.message.clone() }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Error::new(ErrorKind::named(&failure.error_type), failure.message)
    }
}

/// A failure on file: in a plan, an attempt, an outcome or an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A stable name, as [`ErrorKind::error_type`] gives it, or a name of Step Functions' own (`States.Timeout`).
    pub error_type: String,
    /// What happened, where, and what to do next.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_type_names_its_kind() {
        for kind in ErrorKind::ALL {
            assert_eq!(ErrorKind::named(kind.error_type()), *kind);
        }
        assert_eq!(ErrorKind::named("States.Timeout"), ErrorKind::Internal);
    }

    /// What AWS recommends to retry of Lambda's own failures, beside ours.
    const OF_LAMBDA: [&str; 5] = [
        "Lambda.TooManyRequestsException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.ClientExecutionTimeoutException",
    ];

    #[test]
    fn the_state_machine_retries_what_is_retryable_and_nothing_else() {
        let text = include_str!("../../../state-machines/report-run.asl.json");
        let machine: serde_json::Value = serde_json::from_str(text).expect("JSON");
        let ours =
            ErrorKind::ALL.iter().filter(|kind| kind.retryable()).map(|kind| kind.error_type());
        let expected: std::collections::BTreeSet<&str> = ours.chain(OF_LAMBDA).collect();
        let children = "/States/AnswerAll/ItemProcessor/States";
        for state in [
            "/States/PlanRun",
            "/States/CloseRun",
            &format!("{children}/Ask"),
            &format!("{children}/WriteReport"),
        ] {
            let names = machine
                .pointer(&format!("{state}/Retry/0/ErrorEquals"))
                .and_then(|names| names.as_array());
            let names = names.expect("a retrier").iter().filter_map(|name| name.as_str()).collect();
            assert_eq!(expected, names, "{state}");
        }
    }
}
