//! The RDS Data API stand-in, through AWS's own SDK, over HTTP, on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod api;
mod failures;
mod sessions;
mod transactions;
mod values;
