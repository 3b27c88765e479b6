//! A run: one cadence, or one drop, at one as-of; and how it is started.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{AsOf, Cadence, Error, ErrorKind, keys, question};

/// Why a run is to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A schedule's tick, or a person who asks for that run.
    Tick {
        /// Whose questions.
        cadence: Cadence,
        /// At what logical time.
        as_of: AsOf,
        /// Only these questions, by key; `None` for all of the cadence.
        keys: Option<Vec<String>>,
        /// The schedule's IANA time zone.
        time_zone: String,
        /// A person asks for it again: then a name that is taken gives way to `-r2`, `-r3` and so on.
        explicit: bool,
    },
    /// A question's file was dropped.
    Drop {
        /// Its key.
        key: String,
        /// What tells this put of the key from another: S3's version, or its sequencer. It names the run; what
        /// is asked is what lies there when the run is planned.
        version: String,
        /// When it landed.
        as_of: AsOf,
    },
}

/// The input of one execution of the `report-run` state machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInput {
    /// The execution's name.
    pub run_id: String,
    /// Whose questions.
    pub cadence: Cadence,
    /// The logical time.
    pub as_of: AsOf,
    /// The schedule's IANA time zone.
    pub time_zone: String,
    /// Only these questions, by key; `null` for all of the cadence.
    pub keys: Option<Vec<String>>,
}

/// What became of a request to start a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum StartOutcome {
    /// The run goes on now, by this call or by an equal one.
    Started {
        /// Its id.
        run_id: String,
    },
    /// An earlier event started it: events are delivered at least once.
    AlreadyStarted {
        /// Its id.
        run_id: String,
    },
    /// Nothing to start.
    Ignored {
        /// Why.
        reason: String,
    },
}

/// The port to the state machine.
pub trait RunStarter: Send + Sync {
    /// Starts one execution named `input.run_id`. `false` when that name is taken by an execution that
    /// is closed or has another input; an open execution of equal name and input counts as started
    /// (Step Functions' StartExecution is idempotent so). The name stays taken for 90 days.
    fn start(&self, input: &RunInput) -> impl Future<Output = Result<bool, Error>> + Send;
}

/// An explicit rerun stops here, so that a defect cannot fill the account with executions.
const MAX_RERUNS: u32 = 99;

/// Starts the run that `cause` asks for, once: an equal event names the same execution.
pub async fn start(starter: &impl RunStarter, cause: Cause) -> Result<StartOutcome, Error> {
    let explicit = matches!(cause, Cause::Tick { explicit: true, .. });
    let input = match input(cause)? {
        Ok(input) => input,
        Err(reason) => return Ok(StartOutcome::Ignored { reason }),
    };
    if starter.start(&input).await? {
        return Ok(StartOutcome::Started { run_id: input.run_id });
    }
    if !explicit {
        return Ok(StartOutcome::AlreadyStarted { run_id: input.run_id });
    }
    for rerun in 2..=MAX_RERUNS {
        let again = RunInput { run_id: format!("{}-r{rerun}", input.run_id), ..input.clone() };
        if starter.start(&again).await? {
            return Ok(StartOutcome::Started { run_id: again.run_id });
        }
    }
    Err(Error::new(
        ErrorKind::InvalidRequest,
        format!("`{}` was run {MAX_RERUNS} times; choose another as-of", input.run_id),
    ))
}

/// The execution's input, or why there is none to start.
fn input(cause: Cause) -> Result<Result<RunInput, String>, Error> {
    match cause {
        Cause::Tick { cadence, as_of, keys, time_zone, .. } => {
            question::time_zone(&time_zone)?;
            let keys = keys.map(checked).transpose()?;
            let run_id = match &keys {
                None => format!("{cadence}-{}", as_of.compact()),
                Some(keys) if keys.is_empty() => {
                    return Err(Error::new(
                        ErrorKind::InvalidRequest,
                        "`keys` is empty; leave it out for all of the cadence",
                    ));
                }
                Some(keys) => {
                    let digest = digest(keys.iter().map(String::as_str));
                    format!("{cadence}-{}-{}", as_of.compact(), &digest[..8])
                }
            };
            Ok(Ok(RunInput { run_id, cadence, as_of, time_zone, keys }))
        }
        Cause::Drop { key, .. } if keys::is_asked(&key) => {
            Ok(Err(format!("`{key}` is asked by who filed it, `quaestor ask`")))
        }
        Cause::Drop { key, version, as_of } => match question::of_key(&key) {
            None => {
                Ok(Err(format!("`{key}` is not a question; questions lie in questions/<cadence>/")))
            }
            Some((cadence, _)) if cadence != Cadence::Adhoc => Ok(Err(format!(
                "`{key}` waits for its {cadence} schedule; drop it in questions/adhoc/ to ask it now"
            ))),
            Some((cadence, _)) => {
                let digest = digest([key.as_str(), version.as_str()]);
                let run_id = format!("adhoc-{}", &digest[..32]);
                Ok(Ok(RunInput {
                    run_id,
                    cadence,
                    as_of,
                    time_zone: "UTC".to_owned(),
                    keys: Some(vec![key]),
                }))
            }
        },
    }
}

/// The keys once each, in order; one that names no question is an error, not a question less.
fn checked(mut keys: Vec<String>) -> Result<Vec<String>, Error> {
    keys.sort();
    keys.dedup();
    match keys.iter().find(|key| question::of_key(key).is_none()) {
        None => Ok(keys),
        Some(key) => Err(Error::new(
            ErrorKind::InvalidRequest,
            format!(
                "`{key}` is not a question's key; questions lie in questions/<cadence>/<id>.md"
            ),
        )),
    }
}

/// SHA-256, in hex, of the parts with their lengths (so that no two lists of parts meet).
fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Mutex;

    use super::*;

    /// Takes each name once, as Step Functions does when executions have closed.
    #[derive(Default)]
    struct Names(Mutex<BTreeSet<String>>);

    impl RunStarter for Names {
        async fn start(&self, input: &RunInput) -> Result<bool, Error> {
            Ok(self.0.lock().expect("not poisoned").insert(input.run_id.clone()))
        }
    }

    fn tick(explicit: bool, keys: Option<Vec<String>>) -> Cause {
        let as_of = "2026-11-22T06:00:00Z".parse().expect("an as-of");
        Cause::Tick { cadence: Cadence::Daily, as_of, keys, time_zone: "UTC".to_owned(), explicit }
    }

    fn drop_of(key: &str, version: &str) -> Cause {
        let as_of = "2026-11-22T06:00:07Z".parse().expect("an as-of");
        Cause::Drop { key: key.to_owned(), version: version.to_owned(), as_of }
    }

    async fn check(names: &Names, cause: Cause, expected: &str) {
        let started = start(names, cause).await.expect("started");
        let told = match started {
            StartOutcome::Started { run_id } => format!("started {run_id}"),
            StartOutcome::AlreadyStarted { run_id } => format!("already {run_id}"),
            StartOutcome::Ignored { reason } => reason,
        };
        assert!(told.starts_with(expected), "`{told}` is not `{expected}…`");
    }

    #[tokio::test]
    async fn an_event_starts_one_run_and_a_person_another() {
        let names = Names::default();
        check(&names, tick(false, None), "started daily-20261122T060000Z").await;
        check(&names, tick(false, None), "already daily-20261122T060000Z").await;
        check(&names, tick(true, None), "started daily-20261122T060000Z-r2").await;
        check(&names, tick(true, None), "started daily-20261122T060000Z-r3").await;
        let one = Some(vec!["questions/daily/a.md".to_owned()]);
        check(&names, tick(true, one), "started daily-20261122T060000Z-").await;
        let twice =
            Some(vec!["questions/daily/a.md".to_owned(), "questions/daily/a.md".to_owned()]);
        check(&names, tick(false, twice), "already daily-20261122T060000Z-").await;
        assert!(start(&names, tick(true, Some(Vec::new()))).await.is_err());
        let misspelt = Some(vec!["questions/dialy/a.md".to_owned()]);
        assert!(start(&names, tick(true, misspelt)).await.is_err());
    }

    #[tokio::test]
    async fn a_drop_is_named_by_key_and_version() {
        let names = Names::default();
        check(&names, drop_of("questions/adhoc/a.md", "v1"), "started adhoc-").await;
        check(&names, drop_of("questions/adhoc/a.md", "v1"), "already adhoc-").await;
        check(&names, drop_of("questions/adhoc/a.md", "v2"), "started adhoc-").await;
        check(&names, drop_of("questions/daily/a.md", "v1"), "`questions/daily/a.md` waits").await;
        check(&names, drop_of(&keys::asked("how many?"), "v1"), "`questions/adhoc/ask-").await;
        check(&names, drop_of("reports/a", "v1"), "`reports/a` is not a question").await;
        for name in names.0.lock().expect("not poisoned").iter() {
            assert!(
                name.len() <= 80
                    && name
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            );
        }
    }
}
