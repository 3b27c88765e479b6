//! `quaestor ask`: one question through the agent, now, and all that came of it.

use std::fs::File;

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use reporting::ask::Outcome;
use reporting::close::{Answer, Run, Status};
use reporting::{AsOf, Cadence, ObjectStore as _, keys};
use serde_json::{Value, json};

use crate::arguments::{AskArguments, Format};
use crate::installation::Installation;
use crate::run::one;
use crate::show::rows::{self, printable};
use crate::{output, system, trace};

/// The rows of a report that are shown; `quaestor show` has them all.
const SHOWN_ROWS: usize = 20;

/// A question's run, its one answer, and what the agent left on file.
struct Asked {
    run: Run,
    answer: Answer,
    narrative: Option<String>,
    trace: Vec<Value>,
    report: Option<File>,
}

/// `true` when the question was answered.
pub(crate) async fn ask(arguments: AskArguments, stack: Option<&str>) -> Result<bool> {
    let text = arguments.question.trim();
    if text.is_empty() {
        bail!(
            "the question is empty; ask one as in: quaestor ask \"How many students are there?\""
        );
    }
    let AskArguments { system, database, .. } = &arguments;
    let asked = system::during(stack, system, database, async |installation| {
        put(installation, text, &arguments).await
    })
    .await?;
    let answered = asked.answer.status == Status::Answered;
    if arguments.system.json {
        let object = object(asked, text, arguments.trace)?;
        output::line(serde_json::to_string_pretty(&object)?)?;
    } else {
        print(asked, arguments.trace)?;
    }
    Ok(answered)
}

/// Files the question, runs it alone, and reads what came of it.
async fn put(installation: &Installation, text: &str, arguments: &AskArguments) -> Result<Asked> {
    let key = keys::asked(text);
    installation.bucket.put(&key, text.into()).await?;
    let as_of = arguments.as_of.unwrap_or_else(|| AsOf::from_timestamp(Timestamp::now()));
    let quiet = arguments.system.json;
    let run = one(installation, Cadence::Adhoc, as_of, Some(vec![key]), "UTC", quiet).await?;
    let answer = run.answers.first().cloned();
    let answer = answer.with_context(|| format!("the run `{}` has no answer", run.run_id))?;
    let outcome: Option<Outcome> = read(installation, &keys::ask(&run.run_id, &answer.id)).await?;
    let narrative = outcome.and_then(|outcome| outcome.narrative);
    let trace =
        read(installation, &keys::trace(&run.run_id, &answer.id)).await?.unwrap_or_default();
    let report = match &answer.report_key {
        Some(key) => Some(installation.files.open(key).await?),
        None => None,
    };
    Ok(Asked { run, answer, narrative, trace, report })
}

/// The object at `key`, if there is one: the agent may have failed before it left any.
async fn read<T: serde::de::DeserializeOwned>(
    installation: &Installation,
    key: &str,
) -> Result<Option<T>> {
    let Some(body) = installation.bucket.get(key).await? else { return Ok(None) };
    serde_json::from_slice(&body).with_context(|| format!("`{key}` cannot be read"))
}

/// The object of `--json`.
fn object(asked: Asked, text: &str, with_trace: bool) -> Result<Value> {
    let Asked { run, answer, narrative, trace, report } = asked;
    let rows = report.map(|report| rows::first(report, SHOWN_ROWS)).transpose()?;
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
fn print(asked: Asked, with_trace: bool) -> Result<()> {
    let answer = &asked.answer;
    if with_trace {
        output::line(printable(Some(trace::text(&asked.trace))))?;
    }
    if let Some(sql) = &answer.sql {
        output::line(format_args!("{}\n", printable(Some(sql.clone()))))?;
    }
    if let Some(report) = asked.report {
        rows::print(report, Format::Table, SHOWN_ROWS)?;
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
