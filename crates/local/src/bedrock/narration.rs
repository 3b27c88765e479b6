//! The words of who answers with the two operations `/generate` and `/execute`, be it the agent or the
//! built-in model that is given them as tools.

use serde_json::Value;

/// How often a failed query goes back to `/generate`.
pub(super) const MAX_REPAIRS: usize = 2;
pub(super) const NOT_A_QUESTION: &str = "Sorry, I don't have enough information to answer that.";
pub(super) const NO_SQL: &str = "I could not get a SQL query for this question.";
pub(super) const WHY_EXECUTE: &str = "I have a query and run it to see what it gives.";

/// Why a query is asked for, at first or after one failed.
pub(super) fn why_generate(repair: bool) -> &'static str {
    if repair {
        "The query failed, so I ask for a better one and say what went wrong."
    } else {
        "To answer this, I first need a SQL query for the question."
    }
}

/// The last words when an operation answered `body`, a failure.
pub(super) fn declined(body: &Value) -> String {
    let reason = message(body);
    if body["error"] == "unanswerable" {
        format!("This question cannot be answered from the database: {reason}")
    } else {
        format!("I could not answer this question: {reason}")
    }
}

/// What a failure's `body` says.
pub(super) fn message(body: &Value) -> &str {
    body["message"].as_str().unwrap_or("no reason was given")
}
