//! What a stand-in was given and passes to nobody: a line of JSON each in a file, told to whoever
//! listens.

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use serde::Serialize;
use tokio::sync::broadcast;

/// How far a listener may fall behind.
const KEPT: usize = 1024;

/// Clones share one file.
#[derive(Clone, Debug)]
pub(crate) struct Journal<T> {
    file: Arc<Mutex<File>>,
    written: broadcast::Sender<T>,
}

impl<T: Clone + Serialize> Journal<T> {
    /// Opens the file, which is made when it is missing.
    pub(crate) fn open(file: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(file)?;
        Ok(Self { file: Arc::new(Mutex::new(file)), written: broadcast::Sender::new(KEPT) })
    }

    /// What is written from now on. A receiver that falls 1,024 behind loses the oldest.
    pub(crate) fn listen(&self) -> broadcast::Receiver<T> {
        self.written.subscribe()
    }

    /// Adds a line.
    pub(crate) fn write(&self, entry: T) -> io::Result<()> {
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line)?;
        // An error means that nobody listens.
        let _ = self.written.send(entry);
        Ok(())
    }
}
