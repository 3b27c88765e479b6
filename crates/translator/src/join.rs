//! The way from one table to another along foreign keys.
//!
//! A way only ever goes down (from a row to the rows that point to it) and then up (from a row to
//! the one it points to). Up and then down again would pair rows that merely share a parent, which
//! says nothing about the two: a course and a student of one department are not linked by it.

use crate::decline::Decline;
use crate::schema::{ForeignKey, Schema};

/// Further than this nobody's question means the link.
const MAX_STEPS: usize = 5;

/// A table as the question means it: by itself, or by one reference to it (`via`: owner, key).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entity {
    pub(crate) table: usize,
    pub(crate) via: Option<(usize, usize)>,
}

impl Entity {
    pub(crate) fn table(table: usize) -> Self {
        Self { table, via: None }
    }
}

/// One foreign key, walked from the owner to its target (`up`) or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) owner: usize,
    pub(crate) key: usize,
    pub(crate) up: bool,
}

impl Step {
    pub(crate) fn foreign_key(self, schema: &Schema) -> &ForeignKey {
        &schema.tables[self.owner].foreign_keys[self.key]
    }

    /// The table that the step leads to.
    pub(crate) fn leads_to(self, schema: &Schema) -> usize {
        if self.up { self.foreign_key(schema).target } else { self.owner }
    }
}

/// The one shortest way to the entity; declines where there is none, or more than one.
pub(crate) fn path(schema: &Schema, from: usize, to: Entity) -> Result<Vec<Step>, Decline> {
    if from == to.table && to.via.is_none() {
        return Ok(Vec::new());
    }
    for length in 1..=MAX_STEPS {
        let mut ways = Vec::new();
        walk(schema, from, to, length, &mut Vec::new(), &mut ways);
        if ways.len() > 1 {
            return Err(Decline::ManyLinks(
                schema.title(from),
                schema.title(to.table),
                ways.iter().map(|way| describe(schema, way)).collect::<Vec<_>>().join(" or "),
            ));
        }
        if let Some(way) = ways.pop() {
            return Ok(way);
        }
    }
    Err(Decline::NoLink(schema.title(from), schema.title(to.table)))
}

/// The same way from its other end.
pub(crate) fn reversed(way: &[Step]) -> Vec<Step> {
    let back = |step: &Step| Step { up: !step.up, ..*step };
    way.iter().rev().map(back).collect()
}

/// Whether each row at the start meets at most one at the end.
pub(crate) fn is_to_one(way: &[Step]) -> bool {
    way.iter().all(|step| step.up)
}

fn walk(
    schema: &Schema,
    from: usize,
    to: Entity,
    left: usize,
    way: &mut Vec<Step>,
    ways: &mut Vec<Vec<Step>>,
) {
    if left == 0 {
        let fits = to.via.is_none_or(|via| {
            way.last().is_some_and(|last| last.up && (last.owner, last.key) == via)
        });
        if from == to.table && fits {
            ways.push(way.clone());
        }
        return;
    }
    for step in steps(schema, from, way.last().copied()) {
        way.push(step);
        walk(schema, step.leads_to(schema), to, left - 1, way, ways);
        way.pop();
    }
}

/// Where one may go from a table: never down after up, never back over the same key.
fn steps(schema: &Schema, from: usize, last: Option<Step>) -> Vec<Step> {
    let up =
        (0..schema.tables[from].foreign_keys.len()).map(|key| Step { owner: from, key, up: true });
    let may_go_down = last.is_none_or(|step| !step.up);
    let down =
        schema.tables.iter().enumerate().filter(|_| may_go_down).flat_map(|(owner, table)| {
            let keys = table.foreign_keys.iter().enumerate();
            keys.filter(move |(_, key)| key.target == from).map(move |(key, _)| Step {
                owner,
                key,
                up: false,
            })
        });
    up.chain(down)
        .filter(|step| last.is_none_or(|last| (step.owner, step.key) != (last.owner, last.key)))
        .collect()
}

fn describe(schema: &Schema, way: &[Step]) -> String {
    let columns = way.iter().map(|step| {
        let owner = &schema.tables[step.owner];
        let columns = step.foreign_key(schema).columns.iter();
        let names: Vec<&str> = columns.map(|c| owner.columns[*c].name.name.as_str()).collect();
        format!("{}.{}", owner.name.name, names.join("+"))
    });
    columns.collect::<Vec<_>>().join(" and ")
}
