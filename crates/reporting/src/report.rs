//! The report: the full result of the settled SQL, one Parquet object.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::close::{Answer, Status};
use crate::plan::PlannedQuestion;
use crate::question::Expect;
use crate::schema::Schema;
use crate::table::Table;
use crate::{Error, ErrorKind, ObjectStore, SettledSql, keys, question};

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteRequest {
    /// The statement, anchored to the run's as-of.
    pub sql: String,
    /// The key of the object.
    pub key: String,
    /// How long the statement may run.
    pub timeout: Duration,
    /// More rows than this fail it with `too_many_rows`.
    pub max_rows: Option<u64>,
    /// What the result must be like: [`WriteRequest::check_columns`] and [`WriteRequest::check_rows`].
    pub expect: Expect,
    /// The session's time zone.
    pub time_zone: String,
    /// The file's key-value metadata; equal for equal question, data and as-of.
    pub metadata: Vec<(String, String)>,
    /// The table that the report is a partition of, as yet without columns.
    pub table: Table,
    /// The value of its partition key.
    pub partition: String,
    /// What the database says of the columns.
    pub schema: Schema,
}

impl WriteRequest {
    /// Fails with `unexpected_result` when a column is missing that the question expects.
    pub fn check_columns<'a>(&self, columns: impl Iterator<Item = &'a str>) -> Result<(), Error> {
        let columns: Vec<&str> = columns.collect();
        let missing: Vec<&str> = (self.expect.columns.iter().map(String::as_str))
            .filter(|expected| !columns.contains(expected))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(unexpected(format!(
            "the result has no column `{}`, which the question expects; it has `{}`",
            missing.join("`, `"),
            columns.join("`, `")
        )))
    }

    /// Fails with `unexpected_result` when there are fewer rows than the question expects.
    pub fn check_rows(&self, row_count: u64) -> Result<(), Error> {
        match self.expect.min_rows {
            Some(least) if row_count < least => Err(unexpected(format!(
                "the result has {row_count} rows; the question expects at least {least}"
            ))),
            _ => Ok(()),
        }
    }
}

fn unexpected(message: String) -> Error {
    Error::new(ErrorKind::UnexpectedResult, message)
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The report's rows.
    pub row_count: u64,
    /// The object's size.
    pub size_bytes: u64,
    /// Numerics that had more digits than the report keeps.
    pub rounded_values: u64,
}

/// The port that carries a result from the database to S3.
///
/// All or nothing: the object appears whole, in place of an earlier one, or stays as it was. Its columns have the types
/// of the request's table, which is claimed before a row is read, and the partition is published when the object is
/// there ([`table::claim`](crate::table::claim)). Writing again is safe. Memory does not grow with the result.
pub trait ReportWriter: Send + Sync {
    /// Runs the statement, read-only, and files every row.
    fn write(&self, request: &WriteRequest) -> impl Future<Output = Result<Written, Error>> + Send;
}

/// Writes the report of one settled question and says what its answer is.
pub async fn run(
    store: &impl ObjectStore,
    writer: &impl ReportWriter,
    planned: &PlannedQuestion,
    sql: &str,
) -> Result<Answer, Error> {
    let schema = Schema::load(store, &planned.schema_key).await?;
    let settled = SettledSql::check(sql, &planned.tables, Some(&schema))?;
    let zone = question::time_zone(&planned.time_zone)?;
    let key = keys::report(&planned.id, &planned.partition);
    let request = WriteRequest {
        sql: settled.anchored(planned.as_of, &zone),
        key: key.clone(),
        timeout: planned.timeout(),
        max_rows: planned.max_rows,
        expect: expected(planned),
        time_zone: planned.time_zone.clone(),
        metadata: metadata(planned, &settled),
        table: Table::of_question(&planned.id, planned.title.as_deref().unwrap_or(&planned.text)),
        partition: planned.partition.clone(),
        schema,
    };
    let written = writer.write(&request).await?;
    Ok(Answer {
        id: planned.id.clone(),
        title: planned.title.clone(),
        status: Status::Answered,
        error_type: None,
        message: None,
        sql: Some(settled.text().to_owned()),
        row_count: Some(written.row_count),
        size_bytes: Some(written.size_bytes),
        rounded_values: Some(written.rounded_values),
        report_key: Some(key),
        alert: planned.alert.map(|alert| alert.is_met(written.row_count)),
    })
}

/// The columns that identify a row are expected, too.
fn expected(planned: &PlannedQuestion) -> Expect {
    let mut expect = planned.expect.clone();
    expect.columns.extend(planned.key_columns.iter().cloned());
    expect
}

fn metadata(planned: &PlannedQuestion, settled: &SettledSql) -> Vec<(String, String)> {
    let fingerprint = planned.schema_key.trim_start_matches("schema/").trim_end_matches(".json");
    [
        ("quaestor.as_of", planned.as_of.to_string()),
        ("quaestor.question", planned.text.clone()),
        ("quaestor.question_id", planned.id.clone()),
        ("quaestor.schema", fingerprint.to_owned()),
        ("quaestor.sql", settled.text().to_owned()),
        ("quaestor.version", env!("CARGO_PKG_VERSION").to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_as_expected_or_says_how_it_is() {
        let check = |min_rows, columns: &[&str], fault: Option<&str>| {
            let expect = Expect {
                min_rows,
                columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            };
            let request = WriteRequest {
                sql: String::new(),
                key: String::new(),
                timeout: Duration::ZERO,
                max_rows: None,
                expect,
                time_zone: String::new(),
                metadata: Vec::new(),
                table: Table::of_question("q", ""),
                partition: String::new(),
                schema: Schema::default(),
            };
            let checked = request
                .check_columns(["id", "Name"].into_iter())
                .and_then(|()| request.check_rows(2));
            let told = checked.err().map(|error| {
                assert_eq!(error.kind(), ErrorKind::UnexpectedResult);
                error.to_string()
            });
            match fault {
                None => assert_eq!(told, None),
                Some(part) => {
                    assert!(told.as_deref().is_some_and(|it| it.contains(part)), "{told:?}")
                }
            }
        };
        check(None, &[], None);
        check(Some(2), &["id", "Name"], None);
        check(Some(3), &["id"], Some("has 2 rows; the question expects at least 3"));
        check(
            None,
            &["id", "name"],
            Some("no column `name`, which the question expects; it has `id`, `Name`"),
        );
    }
}
