//! Asking the agent, and what it settled on.

mod attributes;

pub use attributes::{Attributes, InRun};

use serde::{Deserialize, Serialize};

use crate::attempt::{Action, Attempt, Session};
use crate::plan::PlannedQuestion;
use crate::schema::Schema;
use crate::{Error, ErrorKind, Failure, ObjectStore, SettledSql, keys};

/// What the agent is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRequest {
    /// The agent's session: 2 to 100 of `0-9 a-z A-Z . _ : -`.
    pub session_id: String,
    /// The question.
    pub text: String,
    /// What the action groups need to know beside it.
    pub attributes: Attributes,
}

/// How the agent ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AgentReply {
    /// Its last words.
    pub narrative: String,
    /// Every step that it showed, as JSON in the shape of the service's trace parts.
    pub trace: Vec<serde_json::Value>,
    /// Whether its guardrail broke off the question.
    pub blocked: bool,
    /// Tokens of the agent's own model calls.
    pub usage: Usage,
}

/// Tokens that model calls took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Read by the model.
    pub input_tokens: u64,
    /// Written by the model.
    pub output_tokens: u64,
}

/// The port to whatever answers questions with the two action groups. It ends by itself, with
/// [`ErrorKind::TimedOut`] when the agent takes too long: what it has tried until then still counts.
///
/// Not idempotent: each call costs tokens and leaves attempts under its session. The adapter does not
/// retry; the state machine owns that.
pub trait Agent: Send + Sync {
    /// Asks, and waits for the last word.
    fn ask(&self, request: &AgentRequest)
    -> impl Future<Output = Result<AgentReply, Error>> + Send;
}

/// `asks/<id>.json`: the outcome of asking, written once for a question of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The SQL that the question settled on.
    pub sql: Option<String>,
    /// Why there is none.
    pub failure: Option<Failure>,
    /// The agent's words.
    pub narrative: Option<String>,
    /// The agent's session; none when an approved query spared the agent.
    pub session_id: Option<String>,
    /// Tokens of the agent's own model calls.
    pub usage: Usage,
}

/// What `ask-agent` tells the state machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The SQL that the report is to be made from, as the model or the analyst wrote it.
    pub sql: String,
}

/// Asks one planned question. The first outcome stands: a repeated or a racing call returns it and does
/// not ask the agent again.
pub async fn run(
    store: &impl ObjectStore,
    agent: &impl Agent,
    planned: &PlannedQuestion,
    session_id: &str,
) -> Result<Settled, Error> {
    let key = keys::ask(&planned.run_id, &planned.id);
    if let Some(body) = store.get(&key).await? {
        return told(read(&key, &body)?);
    }
    let outcome = match &planned.sql {
        Some(sql) => {
            let schema = Schema::load(store, &planned.schema_key).await?;
            approved(sql, planned, &schema)
        }
        None => asked(store, agent, planned, session_id).await?,
    };
    let body = serde_json::to_vec_pretty(&outcome).map_err(|error| {
        Error::new(ErrorKind::Internal, "failed to write an outcome").with_source(error)
    })?;
    if !store.put_if_absent(&key, body).await?
        && let Some(first) = store.get(&key).await?
    {
        return told(read(&key, &first)?);
    }
    told(outcome)
}

fn approved(sql: &str, planned: &PlannedQuestion, schema: &Schema) -> Outcome {
    let checked = SettledSql::check(sql, &planned.tables, Some(schema));
    let (sql, failure) = match checked {
        Ok(settled) => (Some(settled.text().to_owned()), None),
        Err(error) => (None, Some(error.to_failure())),
    };
    Outcome { sql, failure, narrative: None, session_id: None, usage: Usage::default() }
}

async fn asked(
    store: &impl ObjectStore,
    agent: &impl Agent,
    planned: &PlannedQuestion,
    session_id: &str,
) -> Result<Outcome, Error> {
    let request = AgentRequest {
        session_id: session_id.to_owned(),
        text: planned.text.clone(),
        attributes: Attributes::of(planned),
    };
    let (reply, late) = match agent.ask(&request).await {
        Ok(reply) => (reply, None),
        Err(error) if error.kind() == ErrorKind::TimedOut => (AgentReply::default(), Some(error)),
        Err(error) => return Err(error),
    };
    let trace = serde_json::to_vec_pretty(&reply.trace).map_err(|error| {
        Error::new(ErrorKind::Internal, "failed to write a trace").with_source(error)
    })?;
    store.put(&keys::trace(&planned.run_id, &planned.id), trace).await?;
    let session = Session {
        run_id: planned.run_id.clone(),
        question_id: planned.id.clone(),
        session_id: session_id.to_owned(),
    };
    let settled = settle(session.attempts(store).await?, reply.blocked, &planned.id);
    let (sql, failure) = match (settled, late) {
        (Ok(sql), _) => (Some(sql), None),
        (Err(_), Some(late)) => (None, Some(late.to_failure())),
        (Err(failure), None) => (None, Some(failure)),
    };
    Ok(Outcome {
        sql,
        failure,
        narrative: Some(reply.narrative),
        session_id: Some(session_id.to_owned()),
        usage: reply.usage,
    })
}

/// The last SQL that ran well; else why there is none: the guardrail, or how the last attempt ended.
fn settle(attempts: Vec<Attempt>, blocked: bool, id: &str) -> Result<String, Failure> {
    let ran = |attempt: &&Attempt| attempt.action == Action::Execute && attempt.failure.is_none();
    if let Some(sql) = attempts.iter().rev().find(ran).and_then(|attempt| attempt.sql.clone()) {
        return Ok(sql);
    }
    if blocked {
        return Err(Error::new(
            ErrorKind::GuardrailBlocked,
            "the guardrail refused the question before any SQL was made: it reads as a request to change data, or as an attack on the prompt; ask for data instead",
        )
        .to_failure());
    }
    // What the database or the guard said of SQL tells more than a model that then gave up.
    let tried = |attempt: &&Attempt| attempt.action == Action::Execute;
    let last_tried =
        attempts.iter().rev().filter(tried).find_map(|attempt| attempt.failure.clone());
    if let Some(failure) =
        last_tried.or_else(|| attempts.into_iter().rev().find_map(|attempt| attempt.failure))
    {
        return Err(failure);
    }
    Err(Error::new(
        ErrorKind::NotSettled,
        format!("the agent ended without a query that ran; its words are in `asks/{id}.json` of the run, its steps in `traces/{id}.json`"),
    )
    .to_failure())
}

fn told(outcome: Outcome) -> Result<Settled, Error> {
    match (outcome.sql, outcome.failure) {
        (Some(sql), _) => Ok(Settled { sql }),
        (None, Some(failure)) => Err(failure.into()),
        (None, None) => Err(Error::new(
            ErrorKind::Internal,
            "the outcome on file holds neither SQL nor a failure",
        )),
    }
}

fn read(key: &str, body: &[u8]) -> Result<Outcome, Error> {
    serde_json::from_slice(body).map_err(|error| {
        Error::new(ErrorKind::Internal, format!("the outcome `{key}` cannot be read"))
            .with_source(error)
    })
}

#[cfg(test)]
mod tests;
