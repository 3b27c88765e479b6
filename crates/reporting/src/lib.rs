//! The domain of Quaestor: what a question, a run, a plan, an answer and a report are, and what is
//! decided about them. Each step of a run is a free function over ports; each port stands beside the
//! concept that needs it and takes domain types only. No SDK types, no network, no clock: the time
//! of a run is its [`AsOf`], given from outside.
//!
//! | step | function | ports |
//! |---|---|---|
//! | start a run | [`run::start`] | [`run::RunStarter`] |
//! | plan it | [`plan::run`] | [`ObjectStore`], [`schema::SchemaReader`] |
//! | ask the agent | [`ask::run`] | [`ObjectStore`], [`ask::Agent`] |
//! | make SQL | [`generate::run`] | [`ObjectStore`], [`schema::SchemaReader`], [`generate::Model`] |
//! | try SQL | [`execute::run`] | [`ObjectStore`], [`schema::SchemaReader`], [`execute::Preview`] |
//! | write the report | [`report::run`] | [`ObjectStore`], [`report::ReportWriter`] |
//! | claim its table | [`table::claim`] | [`table::TableCatalog`] |
//! | close the run | [`close::run`] | [`ObjectStore`], [`close::AuditEncoder`] |

mod as_of;
pub mod ask;
pub mod attempt;
mod cadence;
pub mod close;
mod error;
pub mod execute;
pub mod generate;
pub mod keys;
pub mod plan;
pub mod question;
pub mod report;
pub mod run;
pub mod schema;
mod settled;
mod store;
pub mod table;

pub use as_of::AsOf;
pub use cadence::Cadence;
pub use error::{Error, ErrorKind, Failure};
pub use settled::SettledSql;
pub use store::{Listed, ObjectStore};

#[cfg(test)]
mod faults;
#[cfg(test)]
mod memory;
