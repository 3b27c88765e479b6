//! What a caller may set.

use std::sync::Arc;

use crate::accepted::Accepted;
use crate::refusal::Refusal;
use crate::schema::Schema;
use crate::source::Source;
use crate::walk::Walk;
use crate::worker::{STACK_BYTES, nesting_within};
use crate::{parse, worker};

/// Longer texts always go to a thread of ours: its allocator keeps the memory of the text before, and to get it anew
/// took nearly half of the time of the longest.
const SHORT_BYTES: usize = 8 * 1024;

/// The guard and its settings. The default knows no schema and wants answers that repeat.
///
/// ```
/// use sql_guard::Guard;
/// use sql_guard::schema::{Column, Schema, Table};
///
/// let orders = Table {
///     schema: "public".to_owned(),
///     name: "orders".to_owned(),
///     columns: vec![Column { name: "placed_at".to_owned(), data_type: "date".to_owned() }],
///     primary_key: Vec::new(),
/// };
/// let guard = Guard::default().knowing(Schema { tables: vec![orders], ..Schema::default() });
/// assert!(guard.check("SELECT o.placed_at FROM orders o").is_ok());
///
/// let refusal = guard.check("SELECT o.placed_on FROM orders o").expect_err("no such column");
/// assert_eq!(refusal.instead, "write `placed_at`");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Guard {
    pub(crate) schema: Option<Arc<Schema>>,
    pub(crate) unrepeatable: bool,
}

impl Guard {
    /// Takes only the tables of `schema`, and behind an alias only their columns: another name there
    /// would call a function. What a name means is not always to be seen (a column of a function in
    /// `FROM`, say); such names pass.
    #[must_use]
    pub fn knowing(mut self, schema: Schema) -> Self {
        self.schema = Some(Arc::new(schema));
        self
    }

    /// Takes functions whose answer differs between two runs, such as `random()` and
    /// `clock_timestamp()`; [`Accepted::repeatable`] is then false.
    #[must_use]
    pub fn taking_unrepeatable(mut self) -> Self {
        self.unrepeatable = true;
        self
    }

    /// Takes one SQL text for a pure read, or refuses it; see [`check`](crate::check).
    ///
    /// # Errors
    /// The first construct that is not known to be a pure read, with its place in `sql`.
    pub fn check(&self, sql: &str) -> Result<Accepted, Refusal> {
        // Before it is copied: a text may have any size.
        parse::bounded(sql)?;
        let short = sql.len() <= SHORT_BYTES;
        let here = |stack| if short { self.check_within(stack, sql) } else { None };
        let answer = match worker::here(here) {
            Some(None) => {
                let (guard, sql) = (self.clone(), sql.to_owned());
                worker::run(move || guard.check_within(STACK_BYTES, &sql)).flatten()
            }
            answer => answer.flatten(),
        };
        answer.unwrap_or_else(|| {
            let reason = "the guard could not read it";
            Err(Refusal::new("statement", -1, reason, "simplify the query"))
        })
    }

    /// None where a tree as deep as that of `sql` may take more than `stack` bytes.
    fn check_within(&self, stack: usize, sql: &str) -> Option<Result<Accepted, Refusal>> {
        let (source, start) = match Source::only_statement(sql) {
            Ok(cut_out) => cut_out,
            Err(refusal) => return Some(Err(refusal)),
        };
        if source.nesting > nesting_within(stack) {
            return None;
        }
        let walked =
            parse::select(source.sql).and_then(|select| Walk::new(&source, self).run(&select));
        Some(walked.map_err(|refusal| refusal.shifted(start)))
    }
}
