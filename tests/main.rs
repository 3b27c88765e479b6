//! End to end: every test drives the built `quaestor` as a person does, in a folder of its own, and
//! looks at what lies in the bucket afterwards. Reports are read back by DuckDB, which shares no
//! code with their writer, and compared with what PostgreSQL says.
//!
//! `make test` builds the programs first; after a change, `cargo build --workspace --bins` does.

mod duckdb;
mod fixtures;
mod quaestor;
mod sample_database;

mod action_groups;
mod ask;
mod audit;
mod clients;
mod command_line;
mod converse;
mod determinism;
mod failures;
mod file_sizes;
mod guard_on_postgres;
mod hostile_sql;
mod model;
mod permissions;
mod provision;
mod read_only;
mod round_trip;
mod sample;
mod stack;
mod table;
mod up;
mod write_report;
