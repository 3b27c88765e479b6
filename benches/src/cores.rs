//! Which processors the service and its clients run on.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::stand::write_report;

/// How the first two processors are shared out.
#[derive(Clone, Copy)]
pub(crate) enum Cores {
    /// The service has one and its client the other, so that the service is as fast whoever its client is: PostgreSQL
    /// and the stand-in would else work side by side as long as a client leaves a processor idle.
    OneEach,
    /// Everybody has both.
    Shared,
}

impl Cores {
    fn of_service(self) -> &'static str {
        match self {
            Cores::OneEach => "0",
            Cores::Shared => "0,1",
        }
    }

    fn of_clients(self) -> &'static str {
        match self {
            Cores::OneEach => "1",
            Cores::Shared => "0,1",
        }
    }

    /// Puts what runs in its place: this process with its PostgreSQL, and `write-report`.
    pub(crate) fn share_out(self) -> Result<()> {
        let client = write_report()?;
        for process in family(std::process::id())? {
            // One that has ended since has no program.
            let Ok(program) = fs::read_link(format!("/proc/{process}/exe")) else { continue };
            let cores = if program == client { self.of_clients() } else { self.of_service() };
            let set = Command::new("taskset")
                .args(["--all-tasks", "--cpu-list", "--pid", cores, &process.to_string()])
                .stdout(Stdio::null())
                .status()
                .context("`taskset` does not start; it is Debian's util-linux")?;
            let exists = Path::new("/proc").join(process.to_string()).exists();
            ensure!(set.success() || !exists, "no process could be put on processor {cores}");
        }
        Ok(())
    }

    /// A command that starts that program as a client.
    pub(crate) fn client(self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", self.of_clients()]).arg(program);
        command
    }
}

/// A process, those that it started, and those that they did.
fn family(process: u32) -> Result<Vec<u32>> {
    let mut parents = Vec::new();
    for folder in fs::read_dir("/proc")? {
        let name = folder?.file_name();
        let Some(process) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(stat) = fs::read_to_string(format!("/proc/{process}/stat")) else { continue };
        // Its name, which stands before, is in brackets and may hold anything.
        let behind = stat.rsplit_once(')').map(|(_, behind)| behind.split_whitespace());
        let parent = behind.and_then(|mut fields| fields.nth(1)?.parse::<u32>().ok());
        parents.extend(parent.map(|parent| (process, parent)));
    }
    let mut found = vec![process];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(parents.iter().filter(|(_, its)| *its == parent).map(|(child, _)| child));
        next += 1;
    }
    Ok(found)
}
