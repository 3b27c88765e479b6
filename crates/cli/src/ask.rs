//! `quaestor ask`: one question through the agent, now, and all that came of it.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use reporting::ask::Outcome;
use reporting::close::{Answer, Run, Status};
use reporting::{AsOf, Cadence, ObjectStore as _, keys};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::arguments::{AskArguments, Format};
use crate::run::one;
use crate::show::rows::{self, printable};
use crate::system::{self, BUCKET, Running};
use crate::{output, trace};

/// The rows of a report that are shown; `quaestor show` has them all.
const SHOWN_ROWS: usize = 20;

/// A question's run, its one answer, and what the agent left on file.
struct Asked {
    run: Run,
    answer: Answer,
    narrative: Option<String>,
    trace: Vec<Value>,
}

/// `true` when the question was answered.
pub(crate) async fn ask(arguments: AskArguments) -> Result<bool> {
    let text = arguments.question.trim();
    if text.is_empty() {
        bail!(
            "the question is empty; ask one as in: quaestor ask \"How many students are there?\""
        );
    }
    if arguments.database.database_url.is_none() {
        eprintln!("on the built-in sample database; --database-url asks your own");
    }
    let url = arguments.database.database_url.as_deref();
    let asked = system::during(&arguments.system, url, async |running| {
        put(running, text, &arguments).await
    })
    .await?;
    let data_dir = &arguments.system.data_dir;
    if arguments.system.json {
        let object = object(&asked, text, data_dir, arguments.trace)?;
        output::line(serde_json::to_string_pretty(&object)?)?;
    } else {
        print(&asked, data_dir, arguments.trace)?;
    }
    Ok(asked.answer.status == Status::Answered)
}

/// Files the question, runs it alone, and reads what came of it.
async fn put(running: &Running, text: &str, arguments: &AskArguments) -> Result<Asked> {
    let id = id(text);
    // As plain text: a question that begins like front matter is a question still.
    let key = format!("{}{id}.txt", keys::questions(Cadence::Adhoc));
    running.bucket.put(&key, text.into()).await?;
    let as_of = arguments.as_of.unwrap_or_else(|| AsOf::from_timestamp(Timestamp::now()));
    let quiet = arguments.system.json;
    let run = one(running, Cadence::Adhoc, as_of, Some(vec![key]), "UTC", quiet).await?;
    let answer = run.answers.first().cloned();
    let answer = answer.with_context(|| format!("the run `{}` has no answer", run.run_id))?;
    let outcome: Option<Outcome> = read(running, &keys::ask(&run.run_id, &answer.id)).await?;
    let narrative = outcome.and_then(|outcome| outcome.narrative);
    let trace = read(running, &keys::trace(&run.run_id, &answer.id)).await?.unwrap_or_default();
    Ok(Asked { run, answer, narrative, trace })
}

/// The object at `key`, if there is one: the agent may have failed before it left any.
async fn read<T: serde::de::DeserializeOwned>(running: &Running, key: &str) -> Result<Option<T>> {
    let Some(body) = running.bucket.get(key).await? else { return Ok(None) };
    serde_json::from_slice(&body).with_context(|| format!("`{key}` cannot be read"))
}

/// `ask-` and eight hexadecimal digits of the question's SHA-256: the same words are the same question.
fn id(text: &str) -> String {
    let digest = Sha256::digest(text);
    let hex: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("ask-{hex}")
}

/// The object of `--json`.
fn object(asked: &Asked, text: &str, data_dir: &Path, with_trace: bool) -> Result<Value> {
    let Asked { run, answer, narrative, trace } = asked;
    let rows = match &answer.report_key {
        Some(key) => Some(rows::first(&data_dir.join("s3").join(BUCKET).join(key), SHOWN_ROWS)?),
        None => None,
    };
    let mut object = json!({
        "question": text,
        "run_id": run.run_id,
        "as_of": run.as_of,
        "status": answer.status,
        "error_type": answer.error_type,
        "message": answer.message,
        "sql": answer.sql,
        "row_count": answer.row_count,
        "rows": rows,
        "report_key": answer.report_key,
        "narrative": narrative,
    });
    if with_trace {
        object["trace"] = json!(trace);
    }
    Ok(object)
}

/// The steps, if they are asked for; the SQL, the rows, the agent's words; or why there are none.
fn print(asked: &Asked, data_dir: &Path, with_trace: bool) -> Result<()> {
    let answer = &asked.answer;
    if with_trace {
        output::line(printable(Some(trace::text(&asked.trace))))?;
    }
    if let Some(sql) = &answer.sql {
        output::line(format_args!("{}\n", printable(Some(sql.clone()))))?;
    }
    if let Some(key) = &answer.report_key {
        let path = data_dir.join("s3").join(BUCKET).join(key);
        rows::print(&path, Format::Table, SHOWN_ROWS)?;
        output::line("")?;
    }
    if let Some(narrative) = &asked.narrative {
        let words = printable(Some(narrative.trim_end().to_owned()));
        output::line(format_args!("The agent: {words}\n"))?;
    }
    match (&answer.error_type, &answer.message) {
        (Some(error_type), message) => {
            let message = printable(message.clone());
            output::line(format_args!("not answered: {error_type}: {message}"))
        }
        (None, _) => output::line(format_args!(
            "as of {}; the whole report: {}",
            asked.run.as_of,
            answer.report_key.as_deref().unwrap_or_default()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_words_have_an_equal_id() {
        let one = id("How many students are there?");
        assert!(reporting::question::is_id(&one) && one.len() == 12, "{one}");
        assert_eq!(one, id("How many students are there?"));
        assert_ne!(one, id("How many students are there"));
    }
}
