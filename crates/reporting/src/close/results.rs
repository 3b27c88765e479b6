//! What a Distributed Map's ResultWriter left: a manifest, and files of child executions by status.
//! Format: the Step Functions Developer Guide, "ResultWriter (Map)".

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Answer;
use crate::{Error, ErrorKind, Failure, ObjectStore, keys};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Manifest {
    result_files: ResultFiles,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", default)]
#[derive(Default)]
struct ResultFiles {
    failed: Vec<ResultFile>,
    succeeded: Vec<ResultFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResultFile {
    key: String,
}

/// A child execution. Its input is the plan's line; a pending one is in a file that is not read, since it
/// tells nothing: its question is lost.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Child {
    input: String,
    output: Option<String>,
    error: Option<String>,
    cause: Option<String>,
}

#[derive(Deserialize)]
struct ChildInput {
    id: String,
    key: String,
}

/// What a child that ended leaves: an answer, or a failure that it caught or was planned with.
#[derive(Deserialize)]
#[serde(untagged)]
enum Output {
    Planned { failure: Failure },
    Caught { error: Caught, sql: Option<String> },
    Answered(Box<Answer>),
}

/// What a Catch keeps of an error.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Caught {
    error: String,
    cause: Option<String>,
}

impl Caught {
    /// As it is filed in an answer.
    pub(super) fn to_failure(&self) -> Failure {
        failure(&self.error, self.cause.as_deref())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionError {
    error_message: String,
}

/// Every answer that a child tells, by the key of the question's file.
pub(super) async fn read(
    store: &impl ObjectStore,
    run_id: &str,
) -> Result<BTreeMap<String, Answer>, Error> {
    let mut answers = BTreeMap::new();
    for object in store.list(&keys::map_results(run_id)).await? {
        if !object.key.ends_with("/manifest.json") {
            continue;
        }
        let manifest: Manifest = fetch(store, &object.key).await?;
        // Failed children first: where a redriven map left both, the success stands.
        for file in manifest.result_files.failed.into_iter().chain(manifest.result_files.succeeded)
        {
            for child in fetch::<Vec<Child>>(store, &file.key).await? {
                let (key, answer) = told(child)?;
                answers.insert(key, answer);
            }
        }
    }
    Ok(answers)
}

async fn fetch<T: serde::de::DeserializeOwned>(
    store: &impl ObjectStore,
    key: &str,
) -> Result<T, Error> {
    let body = store
        .get(key)
        .await?
        .ok_or_else(|| Error::new(ErrorKind::Internal, format!("`{key}` is gone")))?;
    serde_json::from_slice(&body).map_err(|error| {
        Error::new(ErrorKind::Internal, format!("`{key}` is not what a ResultWriter writes"))
            .with_source(error)
    })
}

fn told(child: Child) -> Result<(String, Answer), Error> {
    let unreadable = |error| {
        Error::new(ErrorKind::Internal, "a child's record cannot be read").with_source(error)
    };
    let input: ChildInput = serde_json::from_str(&child.input).map_err(unreadable)?;
    let answer = match child.output.as_deref().map(serde_json::from_str::<Output>) {
        Some(Ok(Output::Answered(answer))) => *answer,
        Some(Ok(Output::Planned { failure })) => Answer::failed(&input.id, failure, None),
        Some(Ok(Output::Caught { error, sql })) => {
            Answer::failed(&input.id, error.to_failure(), sql)
        }
        Some(Err(error)) => return Err(unreadable(error)),
        None => Answer::failed(
            &input.id,
            failure(child.error.as_deref().unwrap_or("Unknown"), child.cause.as_deref()),
            None,
        ),
    };
    Ok((input.key, answer))
}

/// An error as Step Functions tells it: a function's own `error_type` with its payload as the cause, or one
/// of Step Functions' or Lambda's names, which become ours.
fn failure(error: &str, cause: Option<&str>) -> Failure {
    let cause = cause.unwrap_or_default();
    let message = serde_json::from_str::<FunctionError>(cause)
        .map_or_else(|_| cause.to_owned(), |payload| payload.error_message);
    let kind = match error {
        "States.Timeout" | "Sandbox.Timedout" => {
            return Failure {
                error_type: ErrorKind::TimedOut.error_type().to_owned(),
                message:
                    "a step took longer than it may; narrow the question, or give it approved `sql`"
                        .to_owned(),
            };
        }
        "Lambda.TooManyRequestsException" => ErrorKind::Throttled,
        name if name.starts_with("Lambda.") && name != "Lambda.Unknown" => ErrorKind::Unavailable,
        name => ErrorKind::named(name),
    };
    match kind {
        ErrorKind::Internal => Failure {
            error_type: kind.error_type().to_owned(),
            message: format!("{error}: {message}").trim_end_matches([':', ' ']).to_owned(),
        },
        _ => Failure { error_type: kind.error_type().to_owned(), message },
    }
}
