//! What is kept of an execution, in memory while it runs and on disk from its start.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How long a closed execution keeps its name.
const NAME_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Where an execution stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// It is under way.
    Running,
    /// It came to its end.
    Succeeded,
    /// A state failed and nothing caught it.
    Failed,
    /// It took longer than the state machine's `TimeoutSeconds`.
    TimedOut,
    /// It was stopped.
    Aborted,
}

/// An execution, as DescribeExecution and GetExecutionHistory tell it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: Status,
    /// When it started.
    pub start: Timestamp,
    /// When it closed.
    pub stop: Option<Timestamp>,
    /// Its input: JSON text, as it was given.
    pub input: String,
    /// Its output, JSON text, if it succeeded.
    pub output: Option<String>,
    /// The error's name, if it failed.
    pub error: Option<String>,
    /// What the error's name leaves open.
    pub cause: Option<String>,
    /// The events, in the API's shape, the oldest first.
    pub history: Vec<Value>,
}

/// The executions on disk: `<folder>/<name>.json`.
#[derive(Debug)]
pub(super) struct Archive {
    folder: PathBuf,
}

impl Archive {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Writes the execution whole, or replaces it.
    pub(super) fn save(&self, execution: &Execution) -> io::Result<()> {
        let file = tempfile::NamedTempFile::new_in(&self.folder)?;
        serde_json::to_writer_pretty(io::BufWriter::new(&file), execution)?;
        file.persist(self.file(&execution.name))?;
        Ok(())
    }

    /// The execution of this name, unless it closed too long ago to be known. One that an earlier
    /// process left running is aborted.
    pub(super) fn load(&self, name: &str, now: Timestamp) -> Option<Execution> {
        let text = fs::read(self.file(name)).ok()?;
        let mut execution: Execution = match serde_json::from_slice(&text) {
            Ok(execution) => execution,
            Err(error) => {
                tracing::warn!(name, %error, "failed to read an execution's record");
                return None;
            }
        };
        if execution.status == Status::Running {
            execution.status = Status::Aborted;
        }
        let closed = execution.stop.unwrap_or(execution.start);
        (now.duration_since(closed) < NAME_KEPT).then_some(execution)
    }

    /// The names of all executions on disk, in order.
    pub(super) fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            if let Some(name) =
                entry?.file_name().to_str().and_then(|file| file.strip_suffix(".json"))
            {
                names.push(name.to_owned());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_name_is_kept_for_90_days() {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::open(folder.path()).unwrap();
        let start: Timestamp = "2026-08-01T00:00:00Z".parse().unwrap();
        let save = |name: &str, status, stop: Option<&str>| {
            let execution = Execution {
                name: name.to_owned(),
                status,
                start,
                stop: stop.map(|stop| stop.parse().unwrap()),
                input: "{}".to_owned(),
                output: None,
                error: None,
                cause: None,
                history: Vec::new(),
            };
            archive.save(&execution).unwrap();
        };
        save("closed", Status::Succeeded, Some("2026-08-01T01:00:00Z"));
        save("left-running", Status::Running, None);
        let check = |name: &str, now: &str, status: Option<Status>| {
            let found = archive.load(name, now.parse().unwrap());
            assert_eq!(found.map(|found| found.status), status, "{name} {now}");
        };
        check("closed", "2026-10-30T00:59:59Z", Some(Status::Succeeded));
        check("closed", "2026-10-30T01:00:00Z", None);
        check("left-running", "2026-08-02T00:00:00Z", Some(Status::Aborted));
        check("never", "2026-08-02T00:00:00Z", None);
        assert_eq!(archive.names().unwrap(), ["closed", "left-running"]);
    }
}
