//! The server's process, tied to the life of ours.

use std::{
    io,
    process::{Child, Command},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

/// An immediate shutdown takes a few hundredths of a second; PostgreSQL itself gives its
/// children five seconds.
const STOP_DEADLINE: Duration = Duration::from_secs(6);

/// A child process that gets its death signal when this value is dropped, or when we die.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    parent: Option<Parent>,
}

/// Keeps the spawning thread alive. The kernel sends the death signal when the *thread* that made
/// the child ends, so that thread does nothing else, and ending it is how the child is stopped.
type Parent = mpsc::Sender<()>;

impl Server {
    /// Starts `command`, which must ask for its own parent-death signal.
    pub(super) async fn spawn(mut command: Command) -> io::Result<Server> {
        let (report, started) = oneshot::channel();
        let (parent, until_dropped) = mpsc::channel();
        thread::Builder::new().name("postgres".into()).spawn(move || {
            if report.send(command.spawn()).is_ok() {
                _ = until_dropped.recv();
            }
        })?;
        let child = started.await.map_err(io::Error::other)??;
        Ok(Server { child, parent: Some(parent) })
    }

    /// Whether the process is no more.
    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.parent.take();
        let asked = Instant::now();
        while !self.has_ended() {
            if asked.elapsed() > STOP_DEADLINE {
                tracing::warn!("the PostgreSQL server did not stop when asked and is killed");
                _ = self.child.kill();
                _ = self.child.wait();
                return;
            }
            thread::sleep(Duration::from_millis(2));
        }
    }
}
