//! Closing a run: every planned question gets exactly one answer.

mod results;

pub use results::Caught;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::run::RunInput;
use crate::table::{self, Table, TableCatalog, TableColumn};
use crate::{AsOf, Cadence, Error, ErrorKind, Failure, ObjectStore, keys, plan};

/// What became of one question in one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The question's id.
    pub id: String,
    /// Its heading.
    #[serde(default)]
    pub title: Option<String>,
    /// Whether there is a report.
    pub status: Status,
    /// Why not, by name.
    pub error_type: Option<String>,
    /// Why not, and what to do.
    pub message: Option<String>,
    /// The SQL that it settled on, as the model or the analyst wrote it.
    pub sql: Option<String>,
    /// The report's rows.
    pub row_count: Option<u64>,
    /// The report's size.
    #[serde(default)]
    pub size_bytes: Option<u64>,
    /// Numerics that had more digits than the report keeps.
    #[serde(default)]
    pub rounded_values: Option<u64>,
    /// Where the report lies in the bucket.
    pub report_key: Option<String>,
    /// Whether the report meets the question's `alert`; nothing when it has none, or there is no report.
    #[serde(default)]
    pub alert: Option<bool>,
}

/// Whether a question has its report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It has.
    Answered,
    /// It has not; `error_type` and `message` say why.
    Failed,
}

/// `run.json`: every answer of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The execution's name.
    pub run_id: String,
    /// Whose questions.
    pub cadence: Cadence,
    /// The run's logical time.
    pub as_of: AsOf,
    /// By id.
    pub answers: Vec<Answer>,
}

/// A notification names at most this many failed questions; `run.json` has them all.
const MAX_FAILURES: usize = 50;

/// What `close-run` tells the state machine: the notification, and the detail of the event
/// `Quaestor Run Finished`, whose schema is `schemas/run-event.schema.json`. At most 32 KB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// The execution's name.
    pub run_id: String,
    /// Whose questions.
    pub cadence: Cadence,
    /// The run's logical time.
    pub as_of: AsOf,
    /// Questions with a report.
    pub answered: usize,
    /// Questions without.
    pub failed: usize,
    /// The first questions without, by id; at most 50.
    pub failures: Vec<FailedQuestion>,
    /// Whether there are more.
    pub failures_truncated: bool,
    /// Reports that meet their question's `alert`.
    pub alerts: usize,
    /// Where `run.json` lies.
    pub run_key: String,
    /// Where the run's rows of the audit table lie.
    pub audit_key: String,
}

/// A question without a report, as a notification names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedQuestion {
    /// Its id.
    pub id: String,
    /// Why, by name.
    pub error_type: String,
}

/// What `close-run` is given: the run's input, and how the map failed as a whole, if it did.
#[derive(Debug, Clone, Deserialize)]
pub struct CloseInput {
    /// The execution's input.
    #[serde(flatten)]
    pub run: RunInput,
    /// What the Catch of the map kept.
    #[serde(default)]
    pub map_error: Option<Caught>,
}

/// The port that turns a run's answers into one Parquet file of the audit table.
pub trait AuditEncoder: Send + Sync {
    /// One row an answer.
    fn encode(&self, run: &Run) -> Result<Vec<u8>, Error>;

    /// The columns of such a file.
    fn columns(&self) -> Result<Vec<TableColumn>, Error>;
}

/// Joins the plan with what the map's children left, files `run.json` and the audit rows, and registers these with
/// the table of all answers. A question of which no child tells is `lost`. Safe to call again: it writes the same.
pub async fn run(
    store: &impl ObjectStore,
    audit: &impl AuditEncoder,
    tables: &impl TableCatalog,
    input: &CloseInput,
) -> Result<Closed, Error> {
    let map_failure = input.map_error.as_ref().map(Caught::to_failure);
    let input = &input.run;
    let plan_key = keys::plan(&input.run_id);
    let plan_body = store
        .get(&plan_key)
        .await?
        .ok_or_else(|| Error::new(ErrorKind::Internal, format!("the plan `{plan_key}` is gone")))?;
    let told = results::read(store, &input.run_id).await?;
    let run = Run {
        run_id: input.run_id.clone(),
        cadence: input.cadence,
        as_of: input.as_of,
        answers: join(plan::read(&plan_body)?, told, map_failure.as_ref()),
    };
    let closed = Closed::of(&run);
    store.put(&closed.audit_key, audit.encode(&run)?).await?;
    let body = serde_json::to_vec_pretty(&run).map_err(|error| {
        Error::new(ErrorKind::Internal, "failed to write the run").with_source(error)
    })?;
    store.put(&closed.run_key, body).await?;
    // Last, so that a run is on file whatever the catalog says.
    let answers = table::claim(tables, &Table::of_answers(audit.columns()?)).await?;
    tables.publish(&answers, &keys::audit_partition(run.as_of)).await?;
    Ok(closed)
}

impl Closed {
    fn of(run: &Run) -> Self {
        let failed: Vec<&Answer> =
            run.answers.iter().filter(|answer| answer.status == Status::Failed).collect();
        let failures = failed.iter().take(MAX_FAILURES).map(|answer| FailedQuestion {
            id: answer.id.clone(),
            error_type: answer.error_type.clone().unwrap_or_default(),
        });
        Self {
            run_id: run.run_id.clone(),
            cadence: run.cadence,
            as_of: run.as_of,
            answered: run.answers.len() - failed.len(),
            failed: failed.len(),
            failures: failures.collect(),
            failures_truncated: failed.len() > MAX_FAILURES,
            alerts: run.answers.iter().filter(|answer| answer.alert == Some(true)).count(),
            run_key: keys::run(&run.run_id),
            audit_key: keys::audit(&run.run_id, run.as_of),
        }
    }
}

fn join(
    planned: Vec<plan::PlannedQuestion>,
    mut told: BTreeMap<String, Answer>,
    map_failure: Option<&Failure>,
) -> Vec<Answer> {
    planned
        .into_iter()
        .map(|question| {
            let told = told.remove(&question.key);
            let answer = told.unwrap_or_else(|| {
                let failure = question.failure.clone().unwrap_or_else(|| lost(map_failure));
                Answer::failed(&question.id, failure, None)
            });
            Answer { id: question.id, title: question.title, ..answer }
        })
        .collect()
}

fn lost(map_failure: Option<&Failure>) -> Failure {
    let mut message = "the run ended before this question was answered; run it again".to_owned();
    if let Some(failure) = map_failure {
        message
            .push_str(&format!(" (the map failed: {}: {})", failure.error_type, failure.message));
    }
    Error::new(ErrorKind::Lost, message).to_failure()
}

impl Answer {
    fn failed(id: &str, failure: Failure, sql: Option<String>) -> Answer {
        Answer {
            id: id.to_owned(),
            title: None,
            status: Status::Failed,
            error_type: Some(failure.error_type),
            message: Some(failure.message),
            sql,
            row_count: None,
            size_bytes: None,
            rounded_values: None,
            report_key: None,
            alert: None,
        }
    }
}

#[cfg(test)]
mod tests;
