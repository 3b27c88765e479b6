//! One system at a time works on a data folder: an advisory lock on a file in it, which ends with
//! the process that holds it, however that ends.

use std::{
    fs::{File, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
    process,
};

/// The lock, held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

/// Why the data folder cannot be worked on.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process does.
    #[error("the data folder `{}` is in use by the process {pid}", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// The process, as far as its file tells.
        pid: String,
    },
    /// The lock's file cannot be made.
    #[error("failed to lock the data folder `{}`", folder.display())]
    Io {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Lock {
    pub(super) fn take(folder: &Path) -> Result<Self, LockError> {
        let failed = |source| LockError::Io { folder: folder.to_owned(), source };
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(folder.join("lock"))
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                file.read_to_string(&mut pid).map_err(failed)?;
                return Err(LockError::InUse { folder: folder.to_owned(), pid });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| write!(file, "{}", process::id()))
            .map_err(failed)?;
        Ok(Self { file })
    }
}

impl Drop for Lock {
    /// To close the file is not enough: a process that another thread starts meanwhile has a copy of it until it runs
    /// its own program, and the lock with it.
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "failed to unlock the data folder");
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_second_one_is_told_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        let Err(LockError::InUse { pid, .. }) = Lock::take(folder.path()) else {
            panic!("taken twice")
        };
        assert_eq!(pid, process::id().to_string());
        let copy_of_a_child = first.file.try_clone().unwrap();
        drop(first);
        Lock::take(folder.path()).unwrap();
        drop(copy_of_a_child);
    }
}
