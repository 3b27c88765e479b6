//! The plan: the list of questions that a run will answer, written once, at the start.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::{Deserialize, Serialize};

use crate::question::{self, Alert, Entry, Expect, Pin, Question};
use crate::run::RunInput;
use crate::schema::SchemaReader;
use crate::{AsOf, Error, ErrorKind, Failure, ObjectStore, keys};

/// What one Distributed Map takes at most (its limit of child executions in one run).
pub const MAX_QUESTIONS: usize = 10_000;

/// Files read at once: ten thousand, one after the other, would outlast the function.
const READS_AT_ONCE: usize = 32;

/// One line of `plan.jsonl`: all that the steps after it need to know of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedQuestion {
    /// The run that will answer it.
    pub run_id: String,
    /// The question's id.
    pub id: String,
    /// The key of its file, and for one of several lines its number: `questions/daily/many.jsonl:3`.
    pub key: String,
    /// The run's logical time.
    pub as_of: AsOf,
    /// The value of the report's partition key.
    pub partition: String,
    /// Where the schema's snapshot lies; empty when no question could be read.
    pub schema_key: String,
    /// The question, in plain language.
    #[serde(default)]
    pub text: String,
    /// A heading for people.
    #[serde(default)]
    pub title: Option<String>,
    /// The zone of its time anchors.
    #[serde(default)]
    pub time_zone: String,
    /// More rows than this fail it.
    #[serde(default)]
    pub max_rows: Option<u64>,
    /// How long its statement may run.
    #[serde(default)]
    pub timeout_seconds: u64,
    /// The only tables that it may read; empty for all.
    #[serde(default)]
    pub tables: Vec<String>,
    /// What the result must be like.
    #[serde(default)]
    pub expect: Expect,
    /// The columns that identify a row.
    #[serde(default)]
    pub key_columns: Vec<String>,
    /// An approved query: then the agent is not asked.
    #[serde(default)]
    pub sql: Option<String>,
    /// Whether the SQL that it settles on may be kept.
    #[serde(default)]
    pub pin: Pin,
    /// When the result is worth a person's attention.
    #[serde(default)]
    pub alert: Option<Alert>,
    /// Why it cannot be asked. The state machine tells by the field's presence, so it is left out otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

impl PlannedQuestion {
    /// How long its statement may run.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }
}

/// What `plan-run` tells the state machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// Where the plan lies.
    pub key: String,
    /// How many lines it has.
    pub question_count: usize,
}

/// Reads and checks the run's questions, takes the schema's snapshot and writes the plan, once: a retry
/// finds the plan and changes nothing. A file that cannot be read becomes a line with its failure.
pub async fn run(
    store: &impl ObjectStore,
    catalog: &impl SchemaReader,
    input: &RunInput,
) -> Result<Planned, Error> {
    let key = keys::plan(&input.run_id);
    if let Some(body) = store.get(&key).await? {
        return Ok(Planned { key, question_count: read(&body)?.len() });
    }
    let mut lines = plan_lines(store, input).await?;
    if lines.len() > MAX_QUESTIONS {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            format!("{} questions are planned; a run takes at most {MAX_QUESTIONS}", lines.len()),
        ));
    }
    if lines.iter().any(|line| line.failure.is_none()) {
        let schema_key = catalog.read().await?.save(store).await?;
        for line in lines.iter_mut().filter(|line| line.failure.is_none()) {
            line.schema_key.clone_from(&schema_key);
        }
    }
    if !store.put_if_absent(&key, write(&lines)?).await? {
        let body = store.get(&key).await?.unwrap_or_default();
        return Ok(Planned { key, question_count: read(&body)?.len() });
    }
    Ok(Planned { key, question_count: lines.len() })
}

async fn plan_lines(
    store: &impl ObjectStore,
    input: &RunInput,
) -> Result<Vec<PlannedQuestion>, Error> {
    let everything: Vec<String> =
        store.list(keys::QUESTIONS).await?.into_iter().map(|object| object.key).collect();
    let taken = places_by_id(store, &everything).await?;
    let planned = match &input.keys {
        Some(keys) => keys.clone(),
        None => {
            let folder = keys::questions(input.cadence);
            everything.iter().filter(|key| key.starts_with(&folder)).cloned().collect()
        }
    };
    let lines = planned.iter().map(|key| lines_of_file(store, input, key, &taken));
    let lines: Vec<Vec<PlannedQuestion>> =
        stream::iter(lines).buffered(READS_AT_ONCE).try_collect().await?;
    let mut lines = lines.concat();
    lines.sort_by(|one, other| (&one.id, &one.key).cmp(&(&other.id, &other.key)));
    Ok(lines)
}

/// A line for each question of one file; none when the key is not a question's.
async fn lines_of_file(
    store: &impl ObjectStore,
    input: &RunInput,
    key: &str,
    taken: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<PlannedQuestion>, Error> {
    let Some((cadence, id)) = question::of_key(key) else { return Ok(Vec::new()) };
    let zone = question::time_zone(&input.time_zone)?;
    let entries = match store.get(key).await? {
        Some(body) => question::read(key, &body),
        None => vec![Entry { id, place: key.to_owned(), question: Err(not_found(key)) }],
    };
    let line = |entry: Entry| {
        let mut line = PlannedQuestion {
            run_id: input.run_id.clone(),
            partition: cadence.partition(input.as_of, &zone),
            as_of: input.as_of,
            id: entry.id,
            key: entry.place,
            schema_key: String::new(),
            text: String::new(),
            title: None,
            time_zone: input.time_zone.clone(),
            max_rows: None,
            timeout_seconds: question::DEFAULT_TIMEOUT.as_secs(),
            tables: Vec::new(),
            expect: Expect::default(),
            key_columns: Vec::new(),
            sql: None,
            pin: Pin::Auto,
            alert: None,
            failure: None,
        };
        match entry.question.and_then(|question| alone(question, &line.key, taken)) {
            Ok(question) => fill(&mut line, question),
            Err(error) => line.failure = Some(error.to_failure()),
        }
        line
    };
    Ok(entries.into_iter().map(line).collect())
}

fn not_found(key: &str) -> Error {
    Error::new(
        ErrorKind::QuestionNotFound,
        format!("`{key}` is not in the bucket; upload it and run again"),
    )
}

/// The question, if no other has its id.
fn alone(
    question: Question,
    place: &str,
    taken: &BTreeMap<String, Vec<String>>,
) -> Result<Question, Error> {
    let others: Vec<&str> = taken
        .get(&question.id)
        .into_iter()
        .flatten()
        .map(String::as_str)
        .filter(|other| *other != place)
        .collect();
    if others.is_empty() {
        return Ok(question);
    }
    Err(Error::new(
        ErrorKind::DuplicateQuestion,
        format!(
            "`{place}` and `{}` share the id `{}`, and so one table in Athena; rename one of them",
            others.join("`, `"),
            question.id
        ),
    ))
}

/// Where each id is used: by the name of a file, or in the lines of one.
async fn places_by_id(
    store: &impl ObjectStore,
    keys: &[String],
) -> Result<BTreeMap<String, Vec<String>>, Error> {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for key in keys.iter().filter(|key| question::of_key(key).is_some()) {
        if let Some(id) = question::id_of_file(key) {
            places.entry(id.to_owned()).or_default().push(key.clone());
        }
        if key.ends_with(".jsonl") {
            let body = store.get(key).await?.unwrap_or_default();
            for entry in question::read(key, &body).into_iter().filter(|it| it.question.is_ok()) {
                places.entry(entry.id).or_default().push(entry.place);
            }
        }
    }
    Ok(places)
}

fn fill(line: &mut PlannedQuestion, question: Question) {
    line.text = question.text;
    line.title = question.settings.title;
    if let Some(zone) = question.settings.time_zone {
        line.time_zone = zone;
    }
    line.max_rows = question.settings.max_rows;
    line.timeout_seconds = question.settings.timeout.as_secs();
    line.tables = question.settings.tables;
    line.expect = question.settings.expect;
    line.key_columns = question.settings.key;
    line.sql = question.settings.sql;
    line.pin = question.settings.pin;
    line.alert = question.settings.alert;
}

/// The lines of a plan.
pub fn read(body: &[u8]) -> Result<Vec<PlannedQuestion>, Error> {
    let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| {
            serde_json::from_slice(line).map_err(|error| {
                Error::new(ErrorKind::Internal, "the plan has a line that cannot be read")
                    .with_source(error)
            })
        })
        .collect()
}

fn write(lines: &[PlannedQuestion]) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut body, line).map_err(|error| {
            Error::new(ErrorKind::Internal, "failed to write the plan").with_source(error)
        })?;
        body.push(b'\n');
    }
    Ok(body)
}

#[cfg(test)]
mod tests;
