//! Whether the order of a result is total, so that two runs give the rows in one order.

use std::collections::BTreeSet;

use pg_query::NodeEnum as N;
use pg_query::protobuf::{AConst, Integer, Node, ResTarget, SelectStmt, SetOperation, a_const};

use crate::functions;
use crate::relations::names_of;
use crate::scope::Item;
use crate::walk::built_in;

/// With more output columns it is not looked for.
const MAX_OUTPUTS: usize = 500;

/// The places of names that stand alone in `ORDER BY`, `GROUP BY` or `DISTINCT ON`, and may be an output's.
pub(crate) fn may_be_outputs(select: &SelectStmt) -> Vec<i32> {
    let unnamed = |target: &ResTarget| target.name.is_empty();
    let any_name = !select.values_lists.is_empty() || targets(select).any(unnamed);
    let named: BTreeSet<_> = targets(select).map(|target| target.name.as_str()).collect();
    let sorts = select.sort_clause.iter().filter_map(sorted_by);
    let alone = sorts.chain(&select.group_clause).chain(&select.distinct_clause);
    let places = alone.filter_map(|node| match &node.node {
        Some(N::ColumnRef(column)) => {
            let name = column_of(node)?.pop()?;
            (any_name || named.contains(name.as_str())).then_some(column.location)
        }
        _ => None,
    });
    places.collect()
}

/// Only where it is sure: the rows are one, or `ORDER BY` holds every output column, every column of
/// `GROUP BY`, or the key of every table. `items` are those of its `FROM`; `gives_rows` is whether it calls a
/// function of several rows anywhere.
pub(crate) fn total(select: &SelectStmt, items: &[Item], gives_rows: bool) -> bool {
    if !select.values_lists.is_empty() {
        return select.values_lists.len() == 1;
    }
    let mut first = select;
    while let Some(arm) = &first.larg {
        first = arm;
    }
    let outputs: Vec<_> = targets(first).collect();
    if outputs.len() > MAX_OUTPUTS {
        return false;
    }
    let combined = select.op() != SetOperation::SetopNone;
    let values = || outputs.iter().filter_map(|target| target.val.as_deref());
    // Where none is called at all, none needs to be looked for.
    let multiplied = gives_rows && values().any(self::gives_rows);
    let one_row = select.group_clause.is_empty()
        && (select.from_clause.is_empty() || values().any(aggregates));
    if !combined && !multiplied && one_row {
        return true;
    }
    if select.sort_clause.is_empty() {
        return false;
    }
    let order = Order::of(select, &outputs, items, combined);
    if order.all_outputs(&outputs) {
        return true;
    }
    let grouped = !select.group_clause.is_empty();
    if combined || multiplied || !select.distinct_clause.is_empty() {
        return false;
    }
    if grouped { order.groups(select, &outputs, items) } else { order.keys(items) }
}

/// What `ORDER BY` names.
struct Order {
    /// Output columns, from 0.
    positions: BTreeSet<usize>,
    /// Columns of `FROM`, as they are written.
    columns: Vec<Vec<String>>,
    expressions: BTreeSet<String>,
}

impl Order {
    fn of(select: &SelectStmt, outputs: &[&ResTarget], items: &[Item], combined: bool) -> Self {
        let mut order =
            Self { positions: BTreeSet::new(), columns: Vec::new(), expressions: BTreeSet::new() };
        for node in select.sort_clause.iter().filter_map(sorted_by) {
            let position = position(node).or_else(|| match column_of(node)?.as_slice() {
                [name] => the_output(name, outputs),
                _ => None,
            });
            match position {
                Some(position) => drop(order.positions.insert(position)),
                None => order.add(node),
            }
        }
        for (index, target) in outputs.iter().enumerate() {
            let Some(value) = target.val.as_deref() else {
                continue;
            };
            if order.positions.contains(&index) {
                if !combined {
                    order.add(value);
                }
            } else if order.has(value, items) {
                order.positions.insert(index);
            }
        }
        order
    }

    fn add(&mut self, node: &Node) {
        match column_of(node) {
            Some(column) => self.columns.push(column),
            None => drop(self.expressions.insert(shape(node))),
        }
    }

    /// Whether that expression is among them.
    fn has(&self, node: &Node, items: &[Item]) -> bool {
        if !self.expressions.is_empty() && self.expressions.contains(&shape(node)) {
            return true;
        }
        let Some(column) = column_of(node) else {
            return false;
        };
        let owner = owner(&column, items);
        owner.is_some()
            && self.columns.iter().any(|ordered| {
                self::owner(ordered, items) == owner && ordered.last() == column.last()
            })
    }

    fn all_outputs(&self, outputs: &[&ResTarget]) -> bool {
        let star = |target: &&ResTarget| match target.val.as_deref().map(|value| &value.node) {
            Some(Some(N::ColumnRef(column))) => {
                column.fields.iter().any(|field| matches!(field.node, Some(N::AStar(_))))
            }
            _ => false,
        };
        !outputs.iter().any(star) && (0..outputs.len()).all(|at| self.positions.contains(&at))
    }

    /// Grouping sets have groups that differ by more than their columns.
    fn groups(&self, select: &SelectStmt, outputs: &[&ResTarget], items: &[Item]) -> bool {
        select.group_clause.iter().all(|group| {
            if matches!(group.node, Some(N::GroupingSet(_))) {
                return false;
            }
            if let Some(position) = position(group) {
                return self.positions.contains(&position);
            }
            let output = match column_of(group).as_deref() {
                // A column of FROM comes before an output of that name.
                Some([name]) if items.iter().all(|item| item.has(name) == Some(false)) => {
                    the_output(name, outputs)
                }
                _ => None,
            };
            match output {
                Some(position) => self.positions.contains(&position),
                None => self.has(group, items),
            }
        })
    }

    fn keys(&self, items: &[Item]) -> bool {
        let ordered = |at: usize, key: &String| {
            self.columns
                .iter()
                .any(|column| column.last() == Some(key) && owner(column, items) == Some(at))
        };
        let by_key = |(at, item): (usize, &Item)| {
            !item.key.is_empty() && item.key.iter().all(|key| ordered(at, key))
        };
        items.iter().enumerate().all(by_key)
    }
}

/// Which item of `FROM` a column belongs to, where that is sure.
fn owner(column: &[String], items: &[Item]) -> Option<usize> {
    let (name, qualifiers) = column.split_last()?;
    let mut owners = items.iter().enumerate().filter(|(_, item)| match qualifiers.last() {
        Some(qualifier) => item.name == *qualifier,
        None => item.has(name) != Some(false),
    });
    let (at, _) = owners.next()?;
    owners.next().is_none().then_some(at)
}

fn the_output(name: &str, outputs: &[&ResTarget]) -> Option<usize> {
    let called = |target: &&ResTarget| match target.name.as_str() {
        "" => target.val.as_deref().and_then(column_of).and_then(|mut column| column.pop()),
        name => Some(name.to_owned()),
    };
    let mut found =
        outputs.iter().enumerate().filter(|(_, target)| called(target).as_deref() == Some(name));
    let (at, _) = found.next()?;
    found.next().is_none().then_some(at)
}

fn targets(select: &SelectStmt) -> impl Iterator<Item = &ResTarget> {
    select.target_list.iter().filter_map(|node| match &node.node {
        Some(N::ResTarget(target)) => Some(target.as_ref()),
        _ => None,
    })
}

fn sorted_by(node: &Node) -> Option<&Node> {
    match &node.node {
        Some(N::SortBy(sort)) => sort.node.as_deref(),
        _ => None,
    }
}

/// `ORDER BY 2`, from 0.
fn position(node: &Node) -> Option<usize> {
    match &node.node {
        Some(N::AConst(AConst { val: Some(a_const::Val::Ival(Integer { ival })), .. })) => {
            usize::try_from(*ival).ok()?.checked_sub(1)
        }
        _ => None,
    }
}

/// The parts of a column's name; None for `*` and everything else.
fn column_of(node: &Node) -> Option<Vec<String>> {
    match &node.node {
        Some(N::ColumnRef(column)) => {
            let parts = names_of(&column.fields);
            (parts.len() == column.fields.len()).then_some(parts)
        }
        _ => None,
    }
}

/// The tree of an expression without its places in the text.
fn shape(node: &Node) -> String {
    let text = format!("{node:?}");
    let mut parts = text.split("location: ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |shape, part| {
        shape + part.trim_start_matches(|c: char| c == '-' || c.is_ascii_digit())
    })
}

/// Whether one call of an aggregate makes one row of all.
fn aggregates(node: &Node) -> bool {
    within(node, |name, is_window| !is_window && functions::is_aggregate(name))
}

/// Whether some call in it may give several rows.
fn gives_rows(node: &Node) -> bool {
    let shape = shape(node);
    functions::give_rows().any(|name| shape.contains(&format!("\"{name}\"")))
}

/// Looks for a call, in the kinds of expression that reports are made of.
fn within(node: &Node, found: fn(&str, bool) -> bool) -> bool {
    let any = |nodes: &[Node]| nodes.iter().any(|node| within(node, found));
    let one = |node: &Option<Box<Node>>| node.as_deref().is_some_and(|node| within(node, found));
    match &node.node {
        Some(N::FuncCall(call)) => {
            built_in(&call.funcname).is_some_and(|name| found(name, call.over.is_some()))
                || any(&call.args)
        }
        Some(N::TypeCast(cast)) => one(&cast.arg),
        Some(N::AExpr(operation)) => one(&operation.lexpr) || one(&operation.rexpr),
        Some(N::BoolExpr(logic)) => any(&logic.args),
        Some(N::CoalesceExpr(coalesce)) => any(&coalesce.args),
        Some(N::MinMaxExpr(extreme)) => any(&extreme.args),
        Some(N::CaseExpr(case)) => one(&case.arg) || any(&case.args) || one(&case.defresult),
        Some(N::CaseWhen(when)) => one(&when.expr) || one(&when.result),
        Some(N::AArrayExpr(array)) => any(&array.elements),
        Some(N::RowExpr(row)) => any(&row.args),
        Some(N::AIndirection(indirection)) => one(&indirection.arg),
        Some(N::NullTest(test)) => one(&test.arg),
        _ => false,
    }
}
