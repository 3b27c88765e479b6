//! What is known of a text that was taken.

use std::collections::BTreeSet;

use jiff::Zoned;

use crate::anchor::Anchor;

/// A pure read, and what it reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    pub(crate) sql: String,
    /// Tables and views as the text names them, without names of its own `WITH`.
    pub relations: BTreeSet<Relation>,
    /// Functions called, syntax included (`EXTRACT` is `extract`), without `pg_catalog`.
    pub functions: BTreeSet<String>,
    /// Where the text means "now", in order.
    pub anchors: Vec<Anchor>,
    /// String literals that fix a date, in order: a text that says "last quarter" with them does
    /// not move with the as-of.
    pub date_literals: Vec<DateLiteral>,
    /// Whether the outermost query has an `ORDER BY`. It says nothing of ties.
    pub ordered: bool,
    /// False where two runs over the same data may differ: `TABLESAMPLE` without `REPEATABLE`.
    pub repeatable: bool,
    pub(crate) aliases: Vec<(usize, &'static str)>,
}

/// A table or view, unquoted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Relation {
    /// None where the search path decides.
    pub schema: Option<String>,
    /// The bare name.
    pub name: String,
}

/// A string literal that holds a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateLiteral {
    /// Its value, without quotes.
    pub text: String,
    /// Its first byte in [`Accepted::sql`].
    pub position: usize,
}

impl Accepted {
    /// The statement alone: comments and semicolons around it are cut, so that it can stand behind
    /// `DECLARE … CURSOR FOR`.
    #[must_use]
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The text with every anchor replaced by a literal of `as_of`. Types, precedence and the names
    /// of the output columns stay. Dates and local times are those of `as_of`'s zone, so the
    /// session that runs the text must have the same `TimeZone`.
    #[must_use]
    pub fn anchor(&self, as_of: &Zoned) -> String {
        let literals =
            self.anchors.iter().map(|anchor| (anchor.range.clone(), anchor.literal(as_of)));
        let aliases = self.aliases.iter().map(|&(at, name)| (at..at, format!(" AS {name}")));
        let mut edits: Vec<_> = literals.chain(aliases).collect();
        edits.sort_by_key(|(range, _)| range.start);

        let mut anchored = String::with_capacity(self.sql.len() + 64 * edits.len());
        let mut done = 0;
        for (range, text) in edits {
            anchored.push_str(self.sql.get(done..range.start).unwrap_or_default());
            anchored.push_str(&text);
            done = range.end;
        }
        anchored.push_str(self.sql.get(done..).unwrap_or_default());
        anchored
    }
}
