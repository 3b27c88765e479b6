//! `quaestor run`: a cadence's questions, or named files, start to end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use aws::Execution;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reporting::close::{Run, Status};
use reporting::run::StartOutcome;
use reporting::{AsOf, Cadence, ObjectStore as _, keys, question};
use serde_json::json;
use tokio::time::sleep;

use crate::arguments::RunArguments;
use crate::installation::Installation;
use crate::progress::Progress;
use crate::{output, summary, system};

/// A run that was started and is still not there after this long never will be.
const UNTIL_IT_IS_THERE: Duration = Duration::from_secs(60);

/// `true` when every question was answered.
pub(crate) async fn run(arguments: RunArguments, stack: Option<&str>) -> Result<bool> {
    let what = What::read(&arguments, stack)?;
    let RunArguments { system, database, .. } = &arguments;
    let (run, place, questions) = system::during(stack, system, database, async |installation| {
        let run = what.run(installation, &arguments).await?;
        let questions = match &what {
            What::Cadence(cadence, Some(folder)) => {
                folder.join(cadence.folder()).display().to_string()
            }
            _ => installation.files.place(&keys::questions(run.cadence)),
        };
        Ok((run, installation.files.place(""), questions))
    })
    .await?;
    if run.answers.is_empty() {
        eprintln!("no questions in {questions}; a question is a file there, <id>.md");
    }
    if system.json {
        output::line(serde_json::to_string_pretty(&summary::object(&run))?)?;
    } else {
        output::line(summary::text(&run, &place))?;
    }
    Ok(run.answers.iter().all(|answer| answer.status == Status::Answered))
}

/// What is to be answered.
enum What {
    /// All of a cadence; of a system on this machine, once its bucket is as the folder of questions.
    Cadence(Cadence, Option<PathBuf>),
    Files(Vec<(PathBuf, String)>),
    /// Files that lie in the bucket already.
    Keys(Vec<String>),
}

impl What {
    fn read(arguments: &RunArguments, stack: Option<&str>) -> Result<What> {
        question::time_zone(&arguments.time_zone)?;
        if let [one] = arguments.what.as_slice()
            && let Ok(cadence) = one.parse()
        {
            let folder = stack.is_none().then(|| arguments.system.questions.clone());
            return Ok(What::Cadence(cadence, folder));
        }
        if stack.is_some() {
            return What::in_bucket(&arguments.what);
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

    /// With a stack, nothing is uploaded: what lies in the bucket is what its schedules ask.
    fn in_bucket(names: &[String]) -> Result<What> {
        for name in names {
            if question::of_key(name).is_none() {
                bail!(
                    "`{name}` is neither a cadence (hourly, daily, weekly, monthly, adhoc) nor a question in the \
                     stack's bucket; name one there, as in questions/daily/students.md. To put one there: aws s3 cp"
                );
            }
        }
        Ok(What::Keys(names.to_vec()))
    }

    async fn run(&self, installation: &Installation, arguments: &RunArguments) -> Result<Run> {
        let now = AsOf::from_timestamp(Timestamp::now());
        let (cadence, as_of, keys) = match self {
            What::Cadence(cadence, folder) => {
                if let Some(folder) = folder {
                    mirror(installation, folder).await?;
                }
                let zone = TimeZone::get(&arguments.time_zone)?;
                (
                    *cadence,
                    arguments.as_of.unwrap_or_else(|| cadence.current_tick(now, &zone)),
                    None,
                )
            }
            What::Files(files) => {
                for (path, key) in files {
                    make_way(installation, key).await?;
                    upload(installation, path, key).await?;
                }
                let keys = files.iter().map(|(_, key)| key.clone()).collect::<Vec<_>>();
                (Cadence::Adhoc, arguments.as_of.unwrap_or(now), Some(keys))
            }
            What::Keys(keys) => {
                (Cadence::Adhoc, arguments.as_of.unwrap_or(now), Some(keys.clone()))
            }
        };
        one(installation, cadence, as_of, keys, &arguments.time_zone, arguments.system.json).await
    }
}

/// Starts one run, waits for its end and reads what it came to.
pub(crate) async fn one(
    installation: &Installation,
    cadence: Cadence,
    as_of: AsOf,
    keys: Option<Vec<String>>,
    time_zone: &str,
    quiet: bool,
) -> Result<Run> {
    let progress = Progress::start(installation.steps(), quiet);
    let tick = json!({ "cadence": cadence, "as_of": as_of, "keys": keys, "time_zone": time_zone, "explicit": true });
    let started = installation.functions.invoke(&installation.start_run, &tick).await;
    let started = started.context("the run did not start")?;
    let run_id =
        match serde_json::from_value(started).context("start-run answered in a way not known")? {
            StartOutcome::Started { run_id } | StartOutcome::AlreadyStarted { run_id } => run_id,
            StartOutcome::Ignored { reason } => bail!("the run did not start: {reason}"),
        };
    let execution = closed(installation, &run_id, &progress).await?;
    progress.finish();
    if !execution.has_succeeded() {
        let error = execution.error.unwrap_or(execution.status);
        bail!(
            "the run `{run_id}` broke off: {error}: {}",
            message_in(&execution.cause.unwrap_or_default())
        );
    }
    let key = keys::run(&run_id);
    let body =
        installation.bucket.get(&key).await?.with_context(|| format!("`{key}` is not there"))?;
    serde_json::from_slice(&body).with_context(|| format!("`{key}` cannot be read"))
}

/// Follows an execution to its end. It asks again after a tenth of the time that has passed: a short run is told at
/// once, and a long one costs few calls.
async fn closed(
    installation: &Installation,
    run_id: &str,
    progress: &Progress,
) -> Result<Execution> {
    let begun = Instant::now();
    loop {
        match installation.machine.execution(run_id).await? {
            Some(execution) if execution.is_closed() => return Ok(execution),
            None if begun.elapsed() > UNTIL_IT_IS_THERE => {
                bail!("the run `{run_id}` was started, but is not there")
            }
            _ => progress.tell(format!("{run_id} goes on")),
        }
        let pause = begun.elapsed() / 10;
        sleep(pause.clamp(Duration::from_millis(20), Duration::from_secs(5))).await;
    }
}

/// The message of a function's error, where the cause is one.
fn message_in(cause: &str) -> String {
    let payload: Option<serde_json::Value> = serde_json::from_str(cause).ok();
    let message = payload.as_ref().and_then(|payload| payload["errorMessage"].as_str());
    message.unwrap_or(cause).to_owned()
}

/// Makes the bucket's questions those of the folder: what is gone there goes here.
pub(crate) async fn mirror(installation: &Installation, folder: &Path) -> Result<()> {
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
                upload(installation, &path, &key).await?;
                kept.push(key);
            }
        }
    }
    for object in installation.bucket.list(keys::QUESTIONS).await? {
        if !kept.contains(&object.key) {
            installation.bucket.delete(&object.key).await?;
        }
    }
    Ok(())
}

/// A file that was moved to another folder leaves its question behind in the bucket, under the same id.
async fn make_way(installation: &Installation, key: &str) -> Result<()> {
    let id = question::id_of_file(key);
    for object in installation.bucket.list(keys::QUESTIONS).await? {
        if object.key != key && id.is_some() && question::id_of_file(&object.key) == id {
            installation.bucket.delete(&object.key).await?;
        }
    }
    Ok(())
}

async fn upload(installation: &Installation, path: &Path, key: &str) -> Result<()> {
    let body =
        std::fs::read(path).with_context(|| format!("failed to read `{}`", path.display()))?;
    Ok(installation.bucket.put(key, body).await?)
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
