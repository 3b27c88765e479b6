//! The state of one walk over a parse tree, and its bound on depth.

use std::collections::{BTreeMap, BTreeSet};

use pg_query::NodeEnum;
use pg_query::protobuf::{Node, SelectStmt};

use crate::accepted::Accepted;
use crate::guard::Guard;
use crate::parse::too_deep;
use crate::refusal::Refusal;
use crate::scope::Scopes;
use crate::source::Source;

/// The deepest nesting taken, in nodes: 500 chained `+`, 500 arms of a UNION.
pub const MAX_DEPTH: usize = 500;

/// Ok where nothing was refused.
pub(crate) type Checked = Result<(), Refusal>;

/// One walk. Each `impl` block, by subject, stands in its own file; each takes its node apart
/// field by field, so that a new field of the grammar does not compile until it is dealt with.
pub(crate) struct Walk<'a> {
    pub(crate) source: &'a Source<'a>,
    pub(crate) guard: &'a Guard,
    pub(crate) scopes: Scopes,
    pub(crate) accepted: Accepted,
    /// The names of `WITH` that are visible here, innermost last.
    pub(crate) ctes: Vec<String>,
    /// What a function in `FROM` is called there, and the names of its columns.
    pub(crate) function_items: BTreeMap<String, BTreeSet<String>>,
    /// Columns named behind a qualifier: the qualifier, the name, the place.
    pub(crate) qualified: Vec<(String, String, i32)>,
    /// Strings that are a time word and nothing else, wherever they stand.
    pub(crate) time_words: Vec<(String, i32)>,
    /// Whether what is walked is given by the outermost query alone, so that nothing reads it.
    pub(crate) goes_nowhere: bool,
    /// Whether the query that comes next is an arm of a set operation.
    pub(crate) next_is_arm: bool,
    /// Whether the query that comes next is the outermost.
    pub(crate) outermost: bool,
    /// Whether something computed, or a column, is cast to a type of time.
    pub(crate) casts_to_time: bool,
    /// Whether the operation that comes next is an operand of `||`.
    pub(crate) within_chain: bool,
    depth: usize,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(source: &'a Source<'a>, guard: &'a Guard) -> Self {
        let accepted =
            Accepted { sql: source.sql.to_owned(), repeatable: true, ..Accepted::default() };
        Self {
            source,
            guard,
            scopes: Scopes::default(),
            accepted,
            ctes: Vec::new(),
            function_items: BTreeMap::new(),
            qualified: Vec::new(),
            time_words: Vec::new(),
            goes_nowhere: false,
            next_is_arm: false,
            outermost: true,
            casts_to_time: false,
            within_chain: false,
            depth: 0,
        }
    }

    pub(crate) fn run(mut self, select: &SelectStmt) -> Result<Accepted, Refusal> {
        self.accepted.ordered = !select.sort_clause.is_empty();
        self.select(select)?;
        self.no_calls_of_functions_items()?;
        self.no_loose_time_words()?;
        self.accepted.anchors.sort_by_key(|anchor| anchor.range.start);
        self.accepted.date_literals.sort_by_key(|literal| literal.position);
        Ok(self.accepted)
    }

    /// What `step` walks is an argument: something takes it, wherever the whole goes.
    pub(crate) fn read_by_another(&mut self, step: impl FnOnce(&mut Self) -> Checked) -> Checked {
        let goes_nowhere = std::mem::take(&mut self.goes_nowhere);
        let checked = step(self);
        self.goes_nowhere = goes_nowhere;
        checked
    }

    /// One level deeper in the tree.
    pub(crate) fn nested(&mut self, step: impl FnOnce(&mut Self) -> Checked) -> Checked {
        if self.depth == MAX_DEPTH {
            return Err(too_deep(-1));
        }
        self.depth += 1;
        let checked = step(self);
        self.depth -= 1;
        checked
    }
}

/// The texts of a list of names; None where one is no plain name.
pub(crate) fn names(nodes: &[Node]) -> Option<Vec<&str>> {
    nodes.iter().map(name).collect()
}

fn name(node: &Node) -> Option<&str> {
    match node.node.as_ref() {
        Some(NodeEnum::String(name)) => Some(&name.sval),
        _ => None,
    }
}

/// The bare name of something built in: unqualified, or in `pg_catalog`.
pub(crate) fn built_in(nodes: &[Node]) -> Option<&str> {
    match nodes {
        [bare] => name(bare),
        [schema, bare] if name(schema) == Some("pg_catalog") => name(bare),
        _ => None,
    }
}

/// A name as written, for a refusal.
pub(crate) fn dotted(nodes: &[Node]) -> String {
    names(nodes).map_or_else(|| "name".to_owned(), |names| names.join("."))
}

/// A node kind that no rule names.
pub(crate) fn unknown(location: i32) -> Refusal {
    Refusal::new(
        "construct",
        location,
        "the guard does not know this construct",
        "write it with plain expressions, functions and joins",
    )
}
