//! The answer to a text that is not taken.

use std::borrow::Cow;

/// The longest construct shown: a hostile name must not fill the model's window.
const MAX_CONSTRUCT_CHARS: usize = 60;

/// How much of a line is drawn on each side of the caret.
const EXCERPT_CHARS: usize = 60;

/// What sort of thing was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalKind {
    /// It is not known to be a pure read.
    Forbidden,
    /// It names a table that the schema does not have.
    UnknownRelation,
    /// It names a column that no table in its place has.
    UnknownColumn,
}

/// Why a text was refused. `Display` is one line that a model can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{construct}`{} is refused: {reason}; {instead}", place(*.position))]
#[non_exhaustive]
pub struct Refusal {
    /// What sort of thing it is. Names are unknown to [`Guard::knowing`](crate::Guard::knowing) alone.
    pub kind: RefusalKind,
    /// What was refused, such as `pg_sleep`, `FOR UPDATE` or `DELETE`.
    pub construct: String,
    /// Its first byte in the text that was given, from 0, where known.
    pub position: Option<usize>,
    /// Why, in one clause.
    pub reason: Cow<'static, str>,
    /// What to write instead, as an instruction.
    pub instead: Cow<'static, str>,
}

impl Refusal {
    /// `location` is a parse tree's: a byte offset, or -1 where the tree has none.
    pub(crate) fn new(
        construct: impl AsRef<str>,
        location: i32,
        reason: impl Into<Cow<'static, str>>,
        instead: impl Into<Cow<'static, str>>,
    ) -> Self {
        let construct = construct.as_ref().chars().take(MAX_CONSTRUCT_CHARS);
        Self {
            kind: RefusalKind::Forbidden,
            construct: construct.map(|c| if c.is_control() { ' ' } else { c }).collect(),
            position: usize::try_from(location).ok(),
            reason: reason.into(),
            instead: instead.into(),
        }
    }

    pub(crate) fn of(self, kind: RefusalKind) -> Self {
        Self { kind, ..self }
    }

    /// The same refusal in a text that has `bytes` more in front.
    pub(crate) fn shifted(mut self, bytes: usize) -> Self {
        self.position = self.position.map(|position| position + bytes);
        self
    }

    /// The line of `sql` that holds the construct with a caret under it, two lines; empty where
    /// the position is unknown or not in `sql`.
    #[must_use]
    pub fn excerpt(&self, sql: &str) -> String {
        let Some((before, after)) = self.position.and_then(|at| sql.split_at_checked(at)) else {
            return String::new();
        };
        let left = before.rsplit('\n').next().unwrap_or_default();
        let right = after.lines().next().unwrap_or_default();
        let column = left.chars().count().min(EXCERPT_CHARS);
        let left = left.chars().skip(left.chars().count() - column);
        let line: String = left.chain(right.chars().take(EXCERPT_CHARS)).collect();
        format!("{}\n{}^", line.replace('\t', " "), " ".repeat(column))
    }
}

fn place(position: Option<usize>) -> String {
    position.map_or_else(String::new, |at| format!(" at byte {at}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_says_what_where_why_and_what_instead() {
        let refusal = Refusal::new("pg_sleep", 7, "it waits", "leave it out");
        assert_eq!(refusal.to_string(), "`pg_sleep` at byte 7 is refused: it waits; leave it out");
        let unplaced = Refusal::new("a\nb", -1, "it waits", "leave it out");
        assert_eq!(unplaced.to_string(), "`a b` is refused: it waits; leave it out");
    }

    #[test]
    fn the_caret_stands_under_the_construct() {
        let check = |sql: &str, location: i32, expected: &str| {
            assert_eq!(Refusal::new("x", location, "", "").excerpt(sql), expected);
        };
        check("SELECT f()", 7, "SELECT f()\n       ^");
        check("SELECT 1,\n\tf(), 2\nFROM t", 11, " f(), 2\n ^");
        check("SELECT 'é', f()", 13, "SELECT 'é', f()\n            ^");
        check("SELECT 1", 99, "");
        check("SELECT 'é'", 9, "");
        check("SELECT 1", -1, "");
    }
}
