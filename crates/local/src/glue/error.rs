//! Why a request is not done, with the service's own codes.

use std::io;

/// The message is what the client is told.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// A constraint of the API is not met.
    #[error("{0}")]
    Validation(String),
    /// What is asked for cannot be.
    #[error("{0}")]
    InvalidInput(String),
    /// A value is of another type.
    #[error("{0}")]
    Serialization(String),
    /// There is no such database, table or partition.
    #[error("{0}")]
    EntityNotFound(String),
    /// There is one already.
    #[error("{0}")]
    AlreadyExists(&'static str),
    /// The table has another version by now.
    #[error("Update table failed due to concurrent modifications.")]
    ConcurrentModification,
    /// The service may know it; this stand-in does not.
    #[error("this stand-in has no `AWSGlue.{0}`")]
    UnknownOperation(String),
    /// The change could not be written down, and was not made.
    #[error("failed to write the catalog")]
    Write(#[source] io::Error),
}

impl Refusal {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Validation(_) => "ValidationException",
            Self::InvalidInput(_) => "InvalidInputException",
            Self::Serialization(_) => "SerializationException",
            Self::EntityNotFound(_) => "EntityNotFoundException",
            Self::AlreadyExists(_) => "AlreadyExistsException",
            Self::ConcurrentModification => "ConcurrentModificationException",
            Self::UnknownOperation(_) => "UnknownOperationException",
            Self::Write(_) => "InternalServiceException",
        }
    }

    pub(super) fn status(&self) -> u16 {
        if matches!(self, Self::Write(_)) { 500 } else { 400 }
    }

    pub(super) fn database_not_found(name: &str) -> Self {
        Self::EntityNotFound(format!("Database {name} not found."))
    }

    pub(super) fn table_not_found(name: &str) -> Self {
        Self::EntityNotFound(format!("Table {name} not found."))
    }

    pub(super) fn partition_not_found() -> Self {
        Self::EntityNotFound("Cannot find partition.".to_owned())
    }
}
