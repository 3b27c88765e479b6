//! The attempts of an agent: what it asked of its two action groups, each filed in S3 as it happens.
//! What the agent settles on is read from here and not from its trace.

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Failure, ObjectStore, keys};

/// One agent session of one question in one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The run.
    pub run_id: String,
    /// The question.
    pub question_id: String,
    /// The agent's session: new for each time that the agent is asked.
    pub session_id: String,
}

/// The action that was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// `/generate`: SQL was made.
    Generate,
    /// `/execute`: SQL was tried.
    Execute,
}

/// One call of an action group and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What was called.
    pub action: Action,
    /// The SQL that was made or tried.
    pub sql: Option<String>,
    /// `None` when it went well.
    pub failure: Option<Failure>,
}

/// More calls than this are a defect of the agent, and cost money.
const MAX_ATTEMPTS: usize = 50;

impl Session {
    /// Files an attempt behind those that are there. Two calls at once get two places.
    pub async fn record(&self, store: &impl ObjectStore, attempt: &Attempt) -> Result<(), Error> {
        let prefix = self.prefix();
        let body = serde_json::to_vec_pretty(attempt).map_err(|error| {
            Error::new(ErrorKind::Internal, "failed to write an attempt").with_source(error)
        })?;
        let taken = store.list(&prefix).await?.len();
        for place in taken + 1..=MAX_ATTEMPTS {
            if store.put_if_absent(&format!("{prefix}{place:03}.json"), body.clone()).await? {
                return Ok(());
            }
        }
        Err(Error::new(
            ErrorKind::NotSettled,
            format!(
                "the agent made {MAX_ATTEMPTS} attempts at `{}`; word the question more plainly",
                self.question_id
            ),
        ))
    }

    /// Every attempt, in order.
    pub async fn attempts(&self, store: &impl ObjectStore) -> Result<Vec<Attempt>, Error> {
        let mut attempts = Vec::new();
        for object in store.list(&self.prefix()).await? {
            let Some(body) = store.get(&object.key).await? else { continue };
            attempts.push(serde_json::from_slice(&body).map_err(|error| {
                Error::new(
                    ErrorKind::Internal,
                    format!("the attempt `{}` cannot be read", object.key),
                )
                .with_source(error)
            })?);
        }
        Ok(attempts)
    }

    fn prefix(&self) -> String {
        keys::attempts(&self.run_id, &self.question_id, &self.session_id)
    }
}
