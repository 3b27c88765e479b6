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
//! | `TableCatalog` | [`GlueCatalog`] | Glue Data Catalog |
//! | `SchemaReader`, `Preview` | [`ReportDatabase`] | RDS Data API |
//!
//! Beside the ports, what the command line needs of a deployed system: [`Stack`], [`Functions`], [`Administration`].
//!
//! Retries have one owner: S3 and StartExecution, which may be repeated, are retried by their SDK; what costs
//! tokens or holds a transaction is retried by the state machine alone.

mod administration;
mod bedrock_agent;
mod bucket;
mod clients;
mod converse_agent;
mod converse_model;
mod failure;
mod functions;
mod glue_catalog;
mod part;
mod report_database;
mod schema_query;
mod stack;
mod state_machine;
mod trace;
mod upload;

pub use administration::{Administration, MAX_STATEMENT_CHARS};
pub use bedrock_agent::BedrockAgent;
pub use bucket::Bucket;
pub use clients::Clients;
pub use converse_agent::{ConverseAgent, ConverseSettings};
pub use converse_model::ConverseModel;
pub use functions::Functions;
pub use glue_catalog::GlueCatalog;
pub use report_database::{ReportDatabase, data_api_failure};
pub use stack::Stack;
pub use state_machine::{Execution, StateMachine};
pub use upload::{PART_BYTES, Upload};
