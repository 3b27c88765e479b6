//! Why there is no database to work with, in words that say what to do.

use std::{io, path::PathBuf};

/// Why there is no database to work with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresError {
    /// No server program on this machine.
    #[error(
        "no PostgreSQL server found: install the Debian package `postgresql`, or name the folder \
         of its programs in `PG_BIN`"
    )]
    NotInstalled,
    /// `PG_BIN` points to the wrong place.
    #[error("`PG_BIN` names `{}`, which lacks `postgres` or `initdb`", folder.display())]
    NotInPgBin {
        /// What `PG_BIN` says.
        folder: PathBuf,
    },
    /// Running as root, with nobody to run the server as.
    #[error(
        "PostgreSQL refuses to run as root, and `/etc/passwd` has neither `postgres` nor `nobody`"
    )]
    NoAccount,
    /// Every temporary folder is closed to the server's user, or too deep for a socket.
    #[error("no temporary folder is open to the user that runs PostgreSQL; set `TMPDIR` to one")]
    NoFolder,
    /// The machine failed us.
    #[error("failed to {action}")]
    Machine {
        /// What was tried.
        action: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// `initdb` made no cluster.
    #[error("`initdb` failed: {output}")]
    Initdb {
        /// What it printed.
        output: String,
    },
    /// The server ended while starting.
    #[error("the PostgreSQL server ended while starting:{log}")]
    Ended {
        /// The end of its log.
        log: String,
    },
    /// The server does not let us in.
    #[error("failed to connect to PostgreSQL")]
    Connect(#[source] tokio_postgres::Error),
    /// What answers is not the server that was started here.
    #[error("refused to create anything: the server's data lies in `{found}`, not in our folder")]
    NotOurs {
        /// The data directory of the server that answers.
        found: String,
    },
    /// A statement of ours, or a script of the caller, failed.
    #[error("failed to {action}")]
    Statement {
        /// What was tried.
        action: String,
        /// What PostgreSQL says.
        source: tokio_postgres::Error,
    },
    /// Not a connection string.
    #[error("the database's address is no PostgreSQL connection string")]
    Url(#[source] tokio_postgres::Error),
}

impl PostgresError {
    pub(super) fn machine(action: &'static str) -> impl FnOnce(io::Error) -> PostgresError {
        move |source| PostgresError::Machine { action, source }
    }

    pub(super) fn statement(
        action: impl Into<String>,
    ) -> impl FnOnce(tokio_postgres::Error) -> PostgresError {
        move |source| PostgresError::Statement { action: action.into(), source }
    }
}
