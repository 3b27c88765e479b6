//! Whether one SQL text is a pure read of PostgreSQL, what it reads, and the same text with its
//! time anchored.
//!
//! [`check`] parses with PostgreSQL's own grammar and walks the whole parse tree by allow-list: a
//! node, function, operator or type that is not known is refused. A [`Refusal`] says what, where,
//! why, and what to write instead, in words a model can act on. [`Accepted`] holds the text as it
//! can stand behind `DECLARE … CURSOR FOR`, what it reads, and its time [`Anchor`]s.
//!
//! What a parser cannot see stays to the other walls (grants, a read-only transaction, time-outs):
//! a view or column that runs a function of the user's, an overload of a built-in name, operator or
//! implicit cast in a schema on the search path, and `alias.name` or `(column).name`, which calls the
//! function `name` when no such column or field exists. Behind the alias of a function in `FROM` only
//! its columns are taken; elsewhere known dangerous names are refused, and a name of the user's own
//! cannot be told from a column without the schema, which
//! [`Guard::knowing`] takes. The constructors of JSON such as `JSON_SCALAR` are
//! syntax from PostgreSQL 17 on, and calls of a function of that name before.
//!
//! Nor can it see a time word that is put together from pieces by way of columns, or stands in an array beside a
//! column (`holidays || '{today}'`); and sizes that come from columns (`repeat('x', n)`), which a time-out ends. A cast
//! to a type of the database's owner runs what that owner made it run, as a view does.

mod accepted;
mod amplifier;
mod anchor;
mod anchoring;
mod casts;
mod expressions;
mod functions;
mod guard;
mod json;
mod nesting;
mod operators;
mod parse;
mod refusal;
mod regex;
mod relations;
pub mod schema;
mod scope;
mod source;
mod statements;
mod total;
mod walk;
mod worker;

pub use accepted::{Accepted, Column, DateLiteral, Relation};
pub use anchor::{Anchor, AnchorKind, DateType, Word};
pub use guard::Guard;
pub use parse::MAX_SQL_BYTES;
pub use refusal::{Refusal, RefusalKind};
pub use walk::MAX_DEPTH;

/// Takes one SQL text for a pure read, or refuses it.
///
/// At most [`MAX_SQL_BYTES`] bytes and [`MAX_DEPTH`] levels; a trailing semicolon and comments are
/// fine. Never panics, reads no clock and no network. [`Guard`] has the settings.
///
/// ```
/// let accepted = sql_guard::check("SELECT count(*) FROM orders WHERE placed_at >= current_date;")?;
/// assert_eq!(accepted.sql(), "SELECT count(*) FROM orders WHERE placed_at >= current_date");
///
/// let as_of = "2026-11-22T06:00[UTC]".parse::<jiff::Zoned>()?;
/// let anchored = "SELECT count(*) FROM orders WHERE placed_at >= CAST('2026-11-22' AS date)";
/// assert_eq!(accepted.anchor(&as_of), anchored);
///
/// let refusal = sql_guard::check("DELETE FROM orders").expect_err("no read");
/// assert_eq!((refusal.construct.as_str(), refusal.position), ("DELETE", Some(0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The first construct that is not known to be a pure read, with its place in `sql`.
pub fn check(sql: &str) -> Result<Accepted, Refusal> {
    Guard::default().check(sql)
}
