//! Why a system does not start, and why a function gives no answer.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{PlaceholderError, lock::LockError};
use crate::{
    lambda::{Answer, DeployError, InvokeError},
    postgres::PostgresError,
    s3::ObjectError,
    step_functions::CreateError,
};

/// Why a system does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The data folder cannot be worked in.
    #[error("failed to work in the data folder `{}`", folder.display())]
    DataDir {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another system works in the data folder.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The port is taken.
    #[error("failed to listen on the port {port} of 127.0.0.1")]
    Port {
        /// The port.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// The bucket cannot be made.
    #[error("failed to make the bucket")]
    Bucket(#[from] ObjectError),
    /// There is no database to ask.
    #[error(transparent)]
    Database(#[from] PostgresError),
    /// The model cannot be reached as described.
    #[error("failed to set up the model")]
    Model(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The functions cannot be deployed.
    #[error(transparent)]
    Functions(#[from] DeployError),
    /// The state machine's text has a placeholder that cannot be filled.
    #[error(transparent)]
    Placeholder(#[from] PlaceholderError),
    /// The state machine cannot be run here.
    #[error(transparent)]
    StateMachine(#[from] CreateError),
}

impl StartError {
    pub(super) fn data_dir(folder: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::DataDir { folder: folder.to_owned(), source }
    }
}

/// Why a function gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// It was not invoked.
    #[error("failed to invoke `{function}`")]
    NotInvoked {
        /// The function.
        function: String,
        /// Why.
        source: InvokeError,
    },
    /// It failed.
    #[error("`{function}` failed: {error_type}: {message}")]
    Failed {
        /// The function.
        function: String,
        /// Its error's `errorType`.
        error_type: String,
        /// Its error's `errorMessage`.
        message: String,
    },
    /// Its answer is no JSON.
    #[error("the answer of `{function}` is no JSON")]
    NotJson {
        /// The function.
        function: String,
        /// Where.
        source: serde_json::Error,
    },
}

impl FunctionError {
    /// The answer's JSON, unless it tells a failure.
    pub(crate) fn check(function: &str, answer: &Answer) -> Result<Value, Self> {
        let payload: Value = serde_json::from_slice(&answer.payload)
            .map_err(|source| Self::NotJson { function: function.to_owned(), source })?;
        if !answer.failed {
            return Ok(payload);
        }
        let text = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
        Err(Self::Failed {
            function: function.to_owned(),
            error_type: text("errorType"),
            message: text("errorMessage"),
        })
    }
}
