//! Sorts what the service answers into [`Error`]s: by the exception's code, then by the SQLSTATE that its
//! text carries.

use std::time::Duration;

use aws_sdk_rdsdata::config::http::HttpResponse;
use aws_sdk_rdsdata::error::{ProvideErrorMetadata, SdkError};

use crate::told::Told;
use crate::{Error, ErrorKind, SqlError};

/// What the failed call was, as far as its error depends on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    /// Characters before the caller's own SQL; `None` when the statement is none of the caller's.
    pub(crate) sql_offset: Option<usize>,
    /// Rows that it was to fetch.
    pub(crate) page_rows: u64,
    /// How long PostgreSQL works on it before it breaks off.
    pub(crate) timeout: Duration,
}

impl Call {
    /// A call that holds nothing of the caller's.
    pub(crate) fn own(timeout: Duration) -> Call {
        Call { sql_offset: None, page_rows: 0, timeout }
    }

    /// The error of this call.
    pub(crate) fn error<E>(self, error: SdkError<E, HttpResponse>) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let told = match &error {
            SdkError::ServiceError(service) => {
                let status = service.raw().status().as_u16();
                // Success with a body that does not parse. The cause may quote the body, so it stays here.
                if status < 400 {
                    return Error::malformed("a body that cannot be read");
                }
                let answer = service.err();
                let (code, text) = (answer.code(), answer.message());
                return self.sort(status, code.unwrap_or_default(), text.unwrap_or_default());
            }
            SdkError::ConstructionFailure(_) => Error::new(
                ErrorKind::Misconfigured,
                "the call to the RDS Data API could not be made",
            ),
            _ => no_answer(),
        };
        // The cause alone: an `SdkError` holds the response as well.
        match error.into_source() {
            Ok(source) => told.with_source(source),
            Err(_) => told,
        }
    }

    fn sort(self, status: u16, code: &str, text: &str) -> Error {
        let told = |kind, what: &str| Error::new(kind, format!("{what} ({code}: {text})"));
        // Both are unmodelled: the service throttles with status 400, and its front with 429.
        if status == 429 || matches!(code, "ThrottlingException" | "TooManyRequestsException") {
            return told(ErrorKind::Throttled, "the RDS Data API asks to be called less often");
        }
        if is_too_large(text) {
            return self.too_large(text);
        }
        match code {
            "StatementTimeoutException" => self.too_slow(),
            "DatabaseResumingException" => {
                told(ErrorKind::DatabaseResuming, "the database is resuming from a pause")
            }
            "TransactionNotFoundException" => {
                told(ErrorKind::TransactionLost, "the transaction is gone; begin anew")
            }
            "UnsupportedResultException" => unsupported(text),
            "AccessDeniedException"
            | "ForbiddenException"
            | "InvalidSecretException"
            | "SecretsErrorException" => {
                told(ErrorKind::AccessDenied, "the RDS Data API refuses the caller or its secret")
            }
            "NotFoundException"
            | "DatabaseNotFoundException"
            | "HttpEndpointNotEnabledException" => told(
                ErrorKind::Misconfigured,
                "the cluster is not there or has no Data API endpoint",
            ),
            // Seen where a result holds an infinite date or timestamp; the service says nothing more.
            "InternalFailure" if self.page_rows > 0 => told(
                ErrorKind::Unavailable,
                "the RDS Data API failed on the result; if it fails again, cast the columns of dates and \
                 timestamps to text: it cannot return `infinity`",
            ),
            "InternalServerErrorException"
            | "ServiceUnavailableError"
            | "DatabaseUnavailableException"
            | "InvalidResourceStateException" => {
                told(ErrorKind::Unavailable, "the database is not available")
            }
            _ if status >= 500 => told(ErrorKind::Unavailable, "the RDS Data API failed"),
            _ => self.of_the_database(code, text),
        }
    }

    /// `BadRequestException` and `DatabaseErrorException` carry PostgreSQL's words, and not only those.
    fn of_the_database(self, code: &str, text: &str) -> Error {
        let told = Told::parse(text);
        let Some(sqlstate) = &told.sqlstate else {
            let text_has = |words: &str| text.to_ascii_lowercase().contains(words);
            return if text_has("statement timeout") {
                self.too_slow()
            } else if text_has("transaction")
                && (text_has("not found") || text_has("still running"))
            {
                Error::new(
                    ErrorKind::TransactionLost,
                    format!("the transaction is gone; begin anew ({text})"),
                )
            } else if text_has("communications link failure") {
                Error::new(
                    ErrorKind::Unavailable,
                    format!("the database is not available ({text})"),
                )
            } else {
                let message = told.without_values();
                Error::new(
                    ErrorKind::SqlFailed,
                    format!("the RDS Data API refused the statement: {message} ({code})"),
                )
            };
        };
        let kind = match (sqlstate.as_str(), &sqlstate[..2]) {
            ("57014", _) => return self.too_slow(),
            ("42P01", _) => ErrorKind::UnknownRelation,
            ("42703", _) => ErrorKind::UnknownColumn,
            // The second is a write in a read-only transaction.
            ("42501" | "25006", _) => ErrorKind::PermissionDenied,
            ("3D000", _) => ErrorKind::Misconfigured,
            // Deadlock, serialization failure, an aborted transaction or one that stood idle.
            (_, "40" | "25") => ErrorKind::TransactionLost,
            // A lock not to be had; connection exceptions; too many connections; a shutdown.
            ("55P03" | "53300", _) | (_, "08" | "57") => ErrorKind::Unavailable,
            (_, "28") => ErrorKind::AccessDenied,
            _ => ErrorKind::SqlFailed,
        };
        let position = match self.sql_offset {
            Some(offset) => {
                told.position.and_then(|position| position.checked_sub(offset)).filter(|&at| at > 0)
            }
            None => None,
        };
        let message = told.without_values();
        let place = position.map(|at| format!(" at character {at}")).unwrap_or_default();
        Error::new(kind, format!("PostgreSQL says: {message}{place} (SQLSTATE {sqlstate})"))
            .with_sql(SqlError { sqlstate: told.sqlstate.clone(), message, position })
    }

    fn too_slow(self) -> Error {
        let timeout = self.timeout;
        let message = format!(
            "the statement took longer than {timeout:?} and was broken off; narrow it to fewer rows, for instance \
             by a date, or aggregate in fewer steps"
        );
        Error::new(ErrorKind::QueryTooSlow, message)
    }

    fn too_large(self, text: &str) -> Error {
        let of_a_row = text.to_ascii_lowercase().contains("row") || self.page_rows <= 1;
        if of_a_row {
            let message = "a row is larger than the RDS Data API carries (64 KB); select fewer or shorter columns";
            Error::new(ErrorKind::RowTooLarge, message)
        } else {
            let page_rows = self.page_rows;
            let message = format!(
                "a page of {page_rows} rows is larger than the RDS Data API carries (1 MiB); begin anew with fewer"
            );
            Error::new(ErrorKind::PageOverflow { page_rows }, message)
        }
    }
}

/// The call's answer is not known: neither is what it did.
pub(crate) fn no_answer() -> Error {
    Error::new(ErrorKind::Unavailable, "the RDS Data API did not answer; begin anew")
}

/// Three wordings are known: "Database returned more than the allowed response size limit", "Database
/// response exceeded size limit", and in the documentation "The result exceeds the size limit".
fn is_too_large(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("response size limit") || (text.contains("exceed") && text.contains("size limit"))
}

/// "The result contains the unsupported data type MONEY."
fn unsupported(text: &str) -> Error {
    let message = match text.split_once("unsupported data type ") {
        Some((_, name)) => format!(
            "the result has a column of type `{}`, which the RDS Data API cannot return; cast it to text: `(…)::text`",
            name.trim_end_matches('.').to_lowercase()
        ),
        None => format!(
            "the RDS Data API cannot return the result ({text}); cast that column to text: `(…)::text`"
        ),
    };
    Error::new(ErrorKind::UnsupportedType, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FETCH: Call =
        Call { sql_offset: Some(0), page_rows: 100, timeout: Duration::from_secs(40) };

    #[test]
    fn sorts_the_services_exceptions() {
        let check = |status, code, text, expected| {
            assert_eq!(FETCH.sort(status, code, text).kind(), expected, "{code}: {text}");
        };
        let overflow = ErrorKind::PageOverflow { page_rows: 100 };
        let limit = "Database returned more than the allowed response size limit";
        check(400, "BadRequestException", limit, overflow);
        check(400, "BadRequestException", "Database response exceeded size limit", overflow);
        check(
            400,
            "UnsupportedResultException",
            "The result exceeds the size limit 1 MB.",
            overflow,
        );
        let row = "Packet for query is too large: a row exceeds the size limit 64 KB.";
        check(400, "UnsupportedResultException", row, ErrorKind::RowTooLarge);
        let money = "The result contains the unsupported data type MONEY.";
        check(400, "UnsupportedResultException", money, ErrorKind::UnsupportedType);
        let nested = "The result contains a multidimensional array";
        check(400, "UnsupportedResultException", nested, ErrorKind::UnsupportedType);
        check(400, "ThrottlingException", "Rate exceeded", ErrorKind::Throttled);
        check(429, "", "", ErrorKind::Throttled);
        check(400, "DatabaseResumingException", "", ErrorKind::DatabaseResuming);
        check(404, "TransactionNotFoundException", "", ErrorKind::TransactionLost);
        check(
            400,
            "BadRequestException",
            "Transaction [AB==] is not found",
            ErrorKind::TransactionLost,
        );
        let busy = "Transaction is still running a query";
        check(400, "DatabaseErrorException", busy, ErrorKind::TransactionLost);
        check(400, "StatementTimeoutException", "", ErrorKind::QueryTooSlow);
        check(403, "ForbiddenException", "", ErrorKind::AccessDenied);
        check(400, "SecretsErrorException", "", ErrorKind::AccessDenied);
        check(404, "NotFoundException", "", ErrorKind::Misconfigured);
        check(504, "StatementTimeoutException", "", ErrorKind::QueryTooSlow);
        check(500, "InternalFailure", "", ErrorKind::Unavailable);
        check(503, "", "", ErrorKind::Unavailable);
        check(
            400,
            "ValidationException",
            "Multistatements aren't supported.",
            ErrorKind::SqlFailed,
        );
    }

    #[test]
    fn sorts_by_sqlstate() {
        let check = |sqlstate: &str, expected| {
            let text = format!("ERROR: x; SQLState: {sqlstate}");
            for code in ["BadRequestException", "DatabaseErrorException"] {
                assert_eq!(FETCH.sort(400, code, &text).kind(), expected, "{code}: {text}");
            }
        };
        check("57014", ErrorKind::QueryTooSlow);
        check("42P01", ErrorKind::UnknownRelation);
        check("42703", ErrorKind::UnknownColumn);
        check("42501", ErrorKind::PermissionDenied);
        check("25006", ErrorKind::PermissionDenied);
        check("22012", ErrorKind::SqlFailed);
        check("25P02", ErrorKind::TransactionLost);
        check("25P03", ErrorKind::TransactionLost);
        check("40001", ErrorKind::TransactionLost);
        check("55P03", ErrorKind::Unavailable);
        check("57P01", ErrorKind::Unavailable);
        check("08006", ErrorKind::Unavailable);
        check("28P01", ErrorKind::AccessDenied);
        check("3D000", ErrorKind::Misconfigured);
    }

    #[test]
    fn tells_where_but_never_a_value() {
        let check = |call: Call, text: &str, expected: &str| {
            let error = call.sort(400, "DatabaseErrorException", text);
            assert_eq!(error.to_string(), expected, "{text}");
        };
        let declared = Call { sql_offset: Some(37), ..FETCH };
        check(
            declared,
            "ERROR: relation \"t\" does not exist; Position: 52; SQLState: 42P01",
            "PostgreSQL says: relation \"t\" does not exist at character 15 (SQLSTATE 42P01)",
        );
        check(
            FETCH,
            "ERROR: invalid input syntax for type integer: \"a \"secret\"\"; SQLState: 22P02",
            "PostgreSQL says: invalid input syntax for type integer: \"…\" (SQLSTATE 22P02)",
        );
        check(
            FETCH,
            "ERROR: division by zero; SQLState: 22012",
            "PostgreSQL says: division by zero (SQLSTATE 22012)",
        );
    }
}
