//! Starts processes that end with this one, even when this one is killed.

use std::{env, io, path::PathBuf, process::Stdio, thread};

use tokio::{
    process::{Child, Command},
    runtime::Handle,
    sync::oneshot,
};

/// A thread that starts every process: a parent-death signal is sent when the thread that started
/// the process ends, so that must be a thread which lives. Its end, with this value, kills them.
#[derive(Debug)]
pub(super) struct Spawner {
    requests: std::sync::mpsc::Sender<Request>,
    /// util-linux's `setpriv`, which sets the signal (`prctl` from here would be unsafe code).
    /// Without it a process still ends when its Runtime API is gone, at its next request.
    setpriv: Option<PathBuf>,
}

struct Request {
    command: Command,
    started: oneshot::Sender<io::Result<Child>>,
}

impl Spawner {
    /// Needs a Tokio runtime around it.
    pub(super) fn start() -> io::Result<Self> {
        let (requests, received) = std::sync::mpsc::channel::<Request>();
        let runtime = Handle::current();
        thread::Builder::new().name("lambda-spawner".to_owned()).spawn(move || {
            let _within = runtime.enter();
            for mut request in received {
                // If nobody waits any more, the child is dropped and thereby killed.
                let _ = request.started.send(request.command.spawn());
            }
        })?;
        let setpriv = env::var_os("PATH")
            .iter()
            .flat_map(env::split_paths)
            .map(|folder| folder.join("setpriv"))
            .find(|program| program.is_file());
        Ok(Self { requests, setpriv })
    }

    /// A command for `program` with an empty environment, in a process group of its own: an
    /// interrupt from the terminal is for the parent, which then ends its children in order.
    pub(super) fn command(&self, program: &std::path::Path) -> Command {
        let mut command = match &self.setpriv {
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                command.args(["--pdeathsig", "KILL"]).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.env_clear().stdin(Stdio::null()).process_group(0).kill_on_drop(true);
        command
    }

    pub(super) async fn spawn(&self, command: Command) -> io::Result<Child> {
        let (started, starts) = oneshot::channel();
        let gone = || io::Error::other("the thread that starts processes is gone");
        self.requests.send(Request { command, started }).map_err(|_| gone())?;
        starts.await.map_err(|_| gone())?
    }
}
