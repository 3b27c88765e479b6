//! What every function wears around its handler: settings read once from the environment, logs as JSON,
//! and errors that leave with the stable `error_type` which the state machine matches.

pub mod action_group;
mod environment;
mod serve;

pub use environment::{Environment, MissingVariable};
pub use serve::{log_failure, serve, start_logs};
