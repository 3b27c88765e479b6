//! The adapters: the domain's ports over the AWS SDKs. Nothing of an SDK leaves this crate but the clients
//! that it makes; every failure leaves as a [`reporting::Error`], sorted in one place.
//!
//! | port | adapter | service |
//! |---|---|---|
//! | `ObjectStore` | [`Bucket`] | S3 |
//! | `RunStarter` | [`StateMachine`] | Step Functions |
//! | `Agent` | [`BedrockAgent`] | Bedrock InvokeAgent |
//! | `Agent` | [`ConverseAgent`] | Bedrock Converse, ApplyGuardrail and Lambda |
//! | `Model` | [`ConverseModel`] | Bedrock Converse |
//! | `SchemaReader`, `Preview` | [`ReportDatabase`] | RDS Data API |
//!
//! Retries have one owner: S3 and StartExecution, which may be repeated, are retried by their SDK; what costs
//! tokens or holds a transaction is retried by the state machine alone.

mod bedrock_agent;
mod bucket;
mod clients;
mod converse_agent;
mod converse_model;
mod failure;
mod report_database;
mod schema_query;
mod state_machine;
mod trace;
mod upload;

pub use bedrock_agent::BedrockAgent;
pub use bucket::Bucket;
pub use clients::Clients;
pub use converse_agent::{ConverseAgent, ConverseSettings};
pub use converse_model::ConverseModel;
pub use report_database::{ReportDatabase, data_api_failure};
pub use state_machine::StateMachine;
pub use upload::{PART_BYTES, Upload};
