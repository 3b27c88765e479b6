//! One text to one `SelectStmt`.

use std::sync::{Mutex, PoisonError};

use pg_query::protobuf::SelectStmt;
use pg_query::{Error, NodeEnum};

use crate::refusal::Refusal;

/// The longest text taken. Honest queries have a few KiB.
pub const MAX_SQL_BYTES: usize = 64 * 1024;

/// Refuses a text that is too long to be read.
pub(crate) fn bounded(sql: &str) -> Result<(), Refusal> {
    if sql.len() <= MAX_SQL_BYTES {
        return Ok(());
    }
    let reason = format!("the text has {} bytes, more than {MAX_SQL_BYTES}", sql.len());
    Err(Refusal::new("statement", -1, reason, "write a shorter query"))
}

/// libpg_query turns the process's stderr aside while it parses. Of two threads that do so at once, one would give
/// back the pipe of the other, and what the program writes from then on would be lost.
static STDERR: Mutex<()> = Mutex::new(());

/// Parses `sql`, which must hold one statement and no semicolon.
pub(crate) fn select(sql: &str) -> Result<Box<SelectStmt>, Refusal> {
    let aside = STDERR.lock().unwrap_or_else(PoisonError::into_inner);
    let parsed = pg_query::parse(sql, 0);
    drop(aside);
    let parsed = parsed.map_err(|error| unparsable(sql, &error))?;
    let mut statements = parsed.protobuf.stmts.into_iter();
    let statement = statements.next().and_then(|raw| raw.stmt).and_then(|node| node.node);
    match (statement, statements.next()) {
        (Some(NodeEnum::SelectStmt(select)), None) => Ok(select),
        (Some(other), None) => Err(not_a_read(&other, 0)),
        _ => Err(Refusal::new("statement", 0, "one statement is expected", "write one SELECT")),
    }
}

/// The refusal of a statement that is no `SELECT`, at the top or in a `WITH`.
pub(crate) fn not_a_read(statement: &NodeEnum, location: i32) -> Refusal {
    let construct = match statement {
        NodeEnum::InsertStmt(_) => "INSERT",
        NodeEnum::UpdateStmt(_) => "UPDATE",
        NodeEnum::DeleteStmt(_) => "DELETE",
        NodeEnum::MergeStmt(_) => "MERGE",
        _ => "statement",
    };
    Refusal::new(construct, location, "it is no pure read", "write a SELECT that only reads")
}

fn unparsable(sql: &str, error: &Error) -> Refusal {
    let message = match error {
        Error::Parse(message) | Error::Scan(message) => message.clone(),
        other => other.to_string(),
    };
    let deep = ["nested too deeply", "stack depth", "memory exhausted"];
    if deep.iter().any(|phrase| message.contains(phrase)) {
        return too_deep(-1);
    }
    syntax(sql, message)
}

/// PostgreSQL's own message; placed where the token it names stands only once.
pub(crate) fn syntax(sql: &str, message: String) -> Refusal {
    let near = message.split_once("at or near \"").and_then(|(_, rest)| rest.strip_suffix('"'));
    let location = near.and_then(|token| {
        let mut places = sql.match_indices(token);
        let (place, _) = places.next()?;
        places.next().is_none().then_some(place)
    });
    let location = location.and_then(|place| i32::try_from(place).ok()).unwrap_or(-1);
    Refusal::new(
        near.unwrap_or("statement"),
        location,
        format!("PostgreSQL cannot parse it: {}", message.replace(char::is_control, " ")),
        "correct the syntax, in PostgreSQL's dialect",
    )
}

pub(crate) fn too_deep(location: i32) -> Refusal {
    Refusal::new(
        "nesting",
        location,
        "the query is nested too deeply",
        "split it with WITH, IN (…) or VALUES, or shorten chains of operators",
    )
}
