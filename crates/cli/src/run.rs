//! `quaestor run`: a cadence's questions, or named files, start to end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reporting::close::{Run, Status};
use reporting::run::StartOutcome;
use reporting::{AsOf, Cadence, ObjectStore as _, keys, question};
use serde_json::json;

use crate::arguments::RunArguments;
use crate::progress::Progress;
use crate::system::{self, Running};
use crate::{output, summary};

/// `true` when every question was answered.
pub(crate) async fn run(arguments: RunArguments) -> Result<bool> {
    let what = What::read(&arguments)?;
    if arguments.database.database_url.is_none() {
        eprintln!("on the built-in sample database; --database-url asks your own");
    }
    let run = system::during(
        &arguments.system,
        arguments.database.database_url.as_deref(),
        async |running| what.run(running, &arguments).await,
    )
    .await?;
    if run.answers.is_empty() {
        let folder = arguments.system.questions.join(run.cadence.folder());
        eprintln!("no questions in {}; a question is a file there, <id>.md", folder.display());
    }
    if arguments.system.json {
        output::line(serde_json::to_string_pretty(&summary::object(&run))?)?;
    } else {
        output::line(summary::text(&run, &arguments.system.data_dir))?;
    }
    Ok(run.answers.iter().all(|answer| answer.status == Status::Answered))
}

/// What is to be answered.
enum What {
    Cadence(Cadence),
    Files(Vec<(PathBuf, String)>),
}

impl What {
    fn read(arguments: &RunArguments) -> Result<What> {
        question::time_zone(&arguments.time_zone)?;
        if let [one] = arguments.what.as_slice()
            && let Ok(cadence) = one.parse()
        {
            return Ok(What::Cadence(cadence));
        }
        let mut named = BTreeMap::new();
        for name in &arguments.what {
            let path = PathBuf::from(name);
            if !path.is_file() && name.parse::<Cadence>().is_ok() {
                bail!("`{name}` is a cadence; run one cadence at a time, or files");
            }
            if !path.is_file() {
                bail!(
                    "`{name}` is neither a cadence (hourly, daily, weekly, monthly, adhoc) nor a file"
                );
            }
            let key = key_of(&path)?;
            if let Some(other) = named.insert(key.clone(), path.clone())
                && other != path
            {
                bail!(
                    "`{}` and `{name}` would both be `{key}`; rename one of them",
                    other.display()
                );
            }
        }
        Ok(What::Files(named.into_iter().map(|(key, path)| (path, key)).collect()))
    }

    async fn run(&self, running: &Running, arguments: &RunArguments) -> Result<Run> {
        let now = AsOf::from_timestamp(Timestamp::now());
        let (cadence, as_of, keys) = match self {
            What::Cadence(cadence) => {
                mirror(running, &arguments.system.questions).await?;
                let zone = TimeZone::get(&arguments.time_zone)?;
                (
                    *cadence,
                    arguments.as_of.unwrap_or_else(|| cadence.current_tick(now, &zone)),
                    None,
                )
            }
            What::Files(files) => {
                for (path, key) in files {
                    make_way(running, key).await?;
                    upload(running, path, key).await?;
                }
                let keys = files.iter().map(|(_, key)| key.clone()).collect::<Vec<_>>();
                (Cadence::Adhoc, arguments.as_of.unwrap_or(now), Some(keys))
            }
        };
        one(running, cadence, as_of, keys, &arguments.time_zone, arguments.system.json).await
    }
}

/// Starts one run, waits for its end and reads what it came to.
pub(crate) async fn one(
    running: &Running,
    cadence: Cadence,
    as_of: AsOf,
    keys: Option<Vec<String>>,
    time_zone: &str,
    quiet: bool,
) -> Result<Run> {
    let progress = Progress::start(&running.system, quiet);
    let tick = json!({ "cadence": cadence, "as_of": as_of, "keys": keys, "time_zone": time_zone, "explicit": true });
    let started =
        running.system.invoke("start-run", &tick).await.context("the run did not start")?;
    let run_id =
        match serde_json::from_value(started).context("start-run answered in a way not known")? {
            StartOutcome::Started { run_id } | StartOutcome::AlreadyStarted { run_id } => run_id,
            StartOutcome::Ignored { reason } => bail!("the run did not start: {reason}"),
        };
    let execution = running
        .system
        .closed(&run_id)
        .await
        .with_context(|| format!("the run `{run_id}` is gone"))?;
    progress.finish();
    if execution.status != local::Status::Succeeded {
        let error = execution.error.unwrap_or_else(|| format!("{:?}", execution.status));
        bail!(
            "the run `{run_id}` broke off: {error}: {}",
            message_in(&execution.cause.unwrap_or_default())
        );
    }
    let key = keys::run(&run_id);
    let body = running.bucket.get(&key).await?.with_context(|| format!("`{key}` is not there"))?;
    serde_json::from_slice(&body).with_context(|| format!("`{key}` cannot be read"))
}

/// The message of a function's error, where the cause is one.
fn message_in(cause: &str) -> String {
    let payload: Option<serde_json::Value> = serde_json::from_str(cause).ok();
    let message = payload.as_ref().and_then(|payload| payload["errorMessage"].as_str());
    message.unwrap_or(cause).to_owned()
}

/// Makes the bucket's questions those of the folder: what is gone there goes here.
pub(crate) async fn mirror(running: &Running, folder: &Path) -> Result<()> {
    if !folder.is_dir() {
        bail!(
            "no folder `{}`; make it with a folder for each cadence inside, or name another with --questions",
            folder.display()
        );
    }
    let mut kept = Vec::new();
    for cadence in Cadence::ALL {
        let folder = folder.join(cadence.folder());
        for entry in folder.read_dir().into_iter().flatten() {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_file() && !name.starts_with('.') {
                let key = format!("{}{name}", keys::questions(cadence));
                upload(running, &path, &key).await?;
                kept.push(key);
            }
        }
    }
    for object in running.bucket.list(keys::QUESTIONS).await? {
        if !kept.contains(&object.key) {
            running.bucket.delete(&object.key).await?;
        }
    }
    Ok(())
}

/// A file that was moved to another folder leaves its question behind in the bucket, under the same id.
async fn make_way(running: &Running, key: &str) -> Result<()> {
    let id = question::id_of_file(key);
    for object in running.bucket.list(keys::QUESTIONS).await? {
        if object.key != key && id.is_some() && question::id_of_file(&object.key) == id {
            running.bucket.delete(&object.key).await?;
        }
    }
    Ok(())
}

async fn upload(running: &Running, path: &Path, key: &str) -> Result<()> {
    let body =
        std::fs::read(path).with_context(|| format!("failed to read `{}`", path.display()))?;
    Ok(running.bucket.put(key, body).await?)
}

/// A file in a cadence's folder keeps its cadence; any other is asked once, now.
fn key_of(path: &Path) -> Result<String> {
    let name =
        path.file_name().with_context(|| format!("`{}` has no file name", path.display()))?;
    let folder =
        path.parent().and_then(Path::file_name).map(|folder| folder.to_string_lossy().into_owned());
    let cadence = folder.and_then(|folder| folder.parse().ok()).unwrap_or(Cadence::Adhoc);
    Ok(format!("{}{}", keys::questions(cadence), name.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_the_cadence_of_its_folder() {
        for (path, expected) in [
            ("questions/daily/a.md", "questions/daily/a.md"),
            ("somewhere/a.md", "questions/adhoc/a.md"),
            ("a.md", "questions/adhoc/a.md"),
        ] {
            assert_eq!(key_of(Path::new(path)).expect("a key"), expected);
        }
    }

    #[test]
    fn a_cause_is_told_by_its_message() {
        assert_eq!(message_in(r#"{"errorType":"x","errorMessage":"why"}"#), "why");
        assert_eq!(message_in("plain"), "plain");
    }
}
