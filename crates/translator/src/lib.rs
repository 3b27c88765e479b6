//! The built-in model: it stands in for a foundation model where there is none.
//!
//! It reads the message that any model would get (the schema's text and a question) and nothing
//! else, by rules alone: no network, no clock, no randomness, so the same message always gets the
//! same reply. It answers the common shapes of question over any schema and **declines** whatever
//! it is not sure of: every word of a question must play a part in the reading, or there is no
//! reading. A refusal costs a minute; a wrong report costs trust.
//!
//! ```text
//! message ─reply→ schema + question
//!                 schema.rs     the CREATE TABLE text → tables, keys, comments
//!                 question.rs   the question → tokens
//!                 lexicon.rs    what each phrase of the schema means (words.rs: its forms)
//!                 chunk.rs      tokens → chunks (keyword.rs: the fixed English; period.rs: time)
//!                 reading.rs    chunks → a plan, every chunk used or the question declined
//!                 join.rs       the way between two tables along foreign keys
//!                 sql.rs        the plan → SQL with a total order (scope.rs: FROM and WHERE)
//! ```

mod chunk;
mod decline;
mod join;
mod keyword;
mod lexicon;
mod period;
mod plan;
mod question;
mod reading;
mod reply;
mod schema;
mod scope;
mod sql;
mod words;

pub use reply::reply;
