//! The program under test, and what it leaves behind.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt as _, process::Command};

/// The logical time of the runs here: the sample's data ends shortly before it.
pub(crate) const AS_OF: &str = "2026-11-22T06:00:00Z";

/// A run takes seconds. Past this one hangs, and a hanging test tells nothing.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// How the program ended and what it printed.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) exit_code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `quaestor` in the repository's folder, without this machine's own settings.
pub(crate) async fn quaestor(arguments: &[&str]) -> Ended {
    quaestor_reading("", arguments).await
}

/// The same, with `input` on its standard input.
pub(crate) async fn quaestor_reading(input: &str, arguments: &[&str]) -> Ended {
    let mut child = command(arguments).spawn().expect("`quaestor` starts");
    let mut stdin = child.stdin.take().expect("a piped input");
    let write = async move { stdin.write_all(input.as_bytes()).await };
    let both = async { tokio::join!(write, child.wait_with_output()) };
    // The write fails when the program ends without reading; what it printed then tells why.
    let (_, output) = tokio::time::timeout(TIME_LIMIT, both)
        .await
        .unwrap_or_else(|_| panic!("`quaestor {}` hangs", arguments.join(" ")));
    let output = output.expect("`quaestor` ends");
    Ended {
        exit_code: output.status.code().expect("an exit, no signal"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// The program with its input and outputs as pipes; it ends with its handle.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments).current_dir(repository()).kill_on_drop(true);
    for (name, _) in std::env::vars_os() {
        let of_ours = ["AWS_", "QUAESTOR_", "DATABASE_URL"];
        if of_ours.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What `--json` prints of a run, and what `run.json` holds besides more.
#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct Run {
    pub(crate) run_id: String,
    pub(crate) as_of: String,
    pub(crate) answers: Vec<Answer>,
}

/// What became of one question.
#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct Answer {
    pub(crate) id: String,
    pub(crate) status: String,
    pub(crate) error_type: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) sql: Option<String>,
    pub(crate) row_count: Option<u64>,
    pub(crate) report_key: Option<String>,
}

impl Run {
    pub(crate) fn answer(&self, id: &str) -> &Answer {
        let found = self.answers.iter().find(|answer| answer.id == id);
        found.unwrap_or_else(|| panic!("no answer to `{id}` in {self:#?}"))
    }
}

/// A data folder of one test's own, gone with it.
pub(crate) struct DataDir(TempDir);

impl DataDir {
    pub(crate) fn new() -> DataDir {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"));
        DataDir(folder.expect("a temporary folder"))
    }

    pub(crate) fn path(&self) -> &str {
        self.0.path().to_str().expect("UTF-8")
    }

    /// `quaestor run … --as-of … --data-dir … --json`: its exit code and its one JSON object.
    pub(crate) async fn run(&self, arguments: &[&str]) -> (i32, Run) {
        let fixed = ["--as-of", AS_OF, "--data-dir", self.path(), "--json"];
        let ended = quaestor(&[&["run"], arguments, &fixed].concat()).await;
        let run = serde_json::from_str(&ended.stdout)
            .unwrap_or_else(|error| panic!("`run {arguments:?}`: {error} in {ended:#?}"));
        (ended.exit_code, run)
    }

    /// Where an object of the bucket lies as a file; also a folder of them.
    pub(crate) fn object(&self, key: &str) -> PathBuf {
        self.0.path().join("s3/quaestor").join(key)
    }

    /// An answer's report.
    pub(crate) fn report(&self, answer: &Answer) -> PathBuf {
        let key = answer.report_key.as_deref();
        self.object(key.unwrap_or_else(|| panic!("no report for {answer:#?}")))
    }

    pub(crate) fn json(&self, key: &str) -> Value {
        let bytes = read(&self.object(key));
        serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("`{key}`: {error}"))
    }
}

/// The bytes of a file that must be there.
pub(crate) fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
}

/// The root of the repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a parent")
}

/// Cargo names the binaries of this package alone, so the program is looked for where it lies: this
/// test is `<profile>/deps/end-to-end-…`, the program `<profile>/quaestor`.
pub(crate) fn program() -> PathBuf {
    let this = std::env::current_exe().expect("a path");
    let program =
        this.parent().and_then(Path::parent).expect("a profile's folder").join("quaestor");
    assert!(program.is_file(), "no program yet: `cargo build --workspace --bins` makes it");
    program
}
