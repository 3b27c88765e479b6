//! What a caller may set.

use std::sync::Arc;

use crate::accepted::Accepted;
use crate::refusal::Refusal;
use crate::schema::Schema;
use crate::source::Source;
use crate::walk::Walk;
use crate::{parse, worker};

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
        let (guard, sql) = (self.clone(), sql.to_owned());
        worker::run(move || guard.check_here(&sql)).unwrap_or_else(|| {
            let reason = "the guard could not read it";
            Err(Refusal::new("statement", -1, reason, "simplify the query"))
        })
    }

    fn check_here(&self, sql: &str) -> Result<Accepted, Refusal> {
        let (source, start) = Source::only_statement(sql)?;
        let shifted = |refusal: Refusal| refusal.shifted(start);
        let select = parse::select(source.sql).map_err(shifted)?;
        Walk::new(&source, self).run(&select).map_err(shifted)
    }
}
