//! The stand-ins for the AWS endpoints, over real HTTP on loopback. Depends on no production crate.
//!
//! [`System`] starts them all: S3, Lambda (the real function binaries), Step Functions (the real
//! state machine), the RDS Data API over a real PostgreSQL, Bedrock, Secrets Manager, CloudFormation, the Glue Data Catalog, SNS and an EventBridge bus, behind one port. Each
//! can also be had by itself, behind a [`front`].

mod credentials;
mod http;
mod journal;
mod query_protocol;

pub mod bedrock;
pub mod calls;
pub mod cloud_formation;
pub mod event_bridge;
pub mod event_bus;
pub mod front;
pub mod glue;
pub mod lambda;
pub mod postgres;
pub mod rds_data;
pub mod s3;
pub mod secrets_manager;
pub mod sns;
pub mod step_functions;
pub mod system;

pub use bedrock::Model;
pub use credentials::{ACCOUNT, Credentials, REGION};
pub use event_bridge::{Delivered, EventBridge};
pub use event_bus::Event;
pub use lambda::InvokeError;
pub use s3::ObjectCreated;
pub use sns::Notification;
pub use step_functions::{Execution, Progress, Status, Step};
pub use system::{AgentBackend, Database, FunctionError, StartError, System, SystemConfig};
