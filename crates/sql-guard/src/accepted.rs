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
    /// Columns read. Of an unqualified name it cannot always be told whose column it is, nor, without
    /// a schema, that it is one.
    pub columns: BTreeSet<Column>,
    /// Functions called, syntax included (`EXTRACT` is `extract`), without `pg_catalog`.
    pub functions: BTreeSet<String>,
    /// Where the text means "now", in order.
    pub anchors: Vec<Anchor>,
    /// String literals that fix a date, in order: a text that says "last quarter" with them does
    /// not move with the as-of.
    pub date_literals: Vec<DateLiteral>,
    /// Whether the outermost query has an `ORDER BY`. It says nothing of ties.
    pub ordered: bool,
    /// Whether the order of the rows is surely total: one row, or an `ORDER BY` of all outputs, all
    /// columns of `GROUP BY`, or, with a schema, of the keys of all tables. Values that are equal but
    /// print otherwise (`1.0` and `1.00`) count as one.
    pub total: bool,
    /// False where two runs over the same data may differ: `TABLESAMPLE` without `REPEATABLE`, and what
    /// [`Guard::taking_unrepeatable`](crate::Guard::taking_unrepeatable) lets through.
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

/// A column, unquoted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Column {
    /// The table it belongs to, as the text names it; None where that cannot be told, and for the
    /// columns of subqueries and functions.
    pub relation: Option<Relation>,
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
        let aliases = self.aliases.iter().map(|&(at, name)| {
            let rest = self.sql.get(at..).unwrap_or_default();
            // `now()FROM t` needs no space; a name in front of FROM does.
            let space = if rest.starts_with(char::is_alphanumeric) { " " } else { "" };
            (at..at, format!(" AS {name}{space}"))
        });
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
