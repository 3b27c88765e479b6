//! The report: the full result of the settled SQL, one Parquet object.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::close::{Answer, Status};
use crate::plan::PlannedQuestion;
use crate::{Error, SettledSql, keys, question};

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
    /// The session's time zone.
    pub time_zone: String,
    /// The file's key-value metadata; equal for equal question, data and as-of.
    pub metadata: Vec<(String, String)>,
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
/// All or nothing: the object appears whole, in place of an earlier one, or stays as it was. Writing again
/// is safe. Memory does not grow with the result.
pub trait ReportWriter: Send + Sync {
    /// Runs the statement, read-only, and files every row.
    fn write(&self, request: &WriteRequest) -> impl Future<Output = Result<Written, Error>> + Send;
}

/// Writes the report of one settled question and says what its answer is.
pub async fn run(
    writer: &impl ReportWriter,
    planned: &PlannedQuestion,
    sql: &str,
) -> Result<Answer, Error> {
    let settled = SettledSql::check(sql, &planned.tables)?;
    let zone = question::time_zone(&planned.time_zone)?;
    let key = keys::report(&planned.id, &planned.partition);
    let request = WriteRequest {
        sql: settled.anchored(planned.as_of, &zone),
        key: key.clone(),
        timeout: planned.timeout(),
        max_rows: planned.max_rows,
        time_zone: planned.time_zone.clone(),
        metadata: metadata(planned, &settled),
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
    })
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
