//! Which column a name means: the items of each `FROM`, what a query gives to the one around it, and the
//! names that stand in it, looked up once its `FROM` is known.
//!
//! Where it cannot be told what a name means (a function's columns, a name that PostgreSQL makes up), it
//! passes. Behind the alias of a known table, subquery or `WITH`, another name than a column's is refused:
//! PostgreSQL would take it for a call.

use pg_query::NodeEnum as N;
use pg_query::protobuf::{Alias, ColumnRef, Node, RangeVar, ResTarget, SelectStmt};

use crate::accepted::{Column, Relation};
use crate::functions;
use crate::refusal::{Refusal, RefusalKind};
use crate::relations::names_of;
use crate::schema::{Schema, Table, is_plain, nearest};
use crate::total;
use crate::walk::{Checked, Walk, names};

/// The names of a query's output columns; None where they cannot be told.
pub(crate) type Outputs = Option<Vec<String>>;

/// One query.
#[derive(Default)]
pub(crate) struct Scope {
    pub(crate) items: Vec<Item>,
    names: Vec<Name>,
    withs: Vec<(String, Outputs)>,
    /// Those of the first arm of a set operation.
    first_arm: Option<Outputs>,
}

/// What stands in `FROM` under one name.
pub(crate) struct Item {
    /// Its alias, or its own name; empty where it has none.
    pub(crate) name: String,
    /// The schema and table that may stand before a column in place of an alias.
    schema: Option<String>,
    relation: Option<Relation>,
    columns: Outputs,
    /// The columns of its key, as they are called here.
    pub(crate) key: Vec<String>,
    /// Of each column the type, where it is a known table's.
    types: Vec<(String, String)>,
}

/// A name that stands in an expression.
#[derive(Clone)]
struct Name {
    qualifiers: Vec<String>,
    /// None for `*`.
    column: Option<String>,
    /// What is taken of its value, `(t.column).field`.
    field: Option<String>,
    location: i32,
}

/// Every query that is being walked, innermost last, and what the last one gave.
#[derive(Default)]
pub(crate) struct Scopes {
    stack: Vec<Scope>,
    last: Outputs,
}

impl Scopes {
    pub(crate) fn enter(&mut self) {
        self.stack.push(Scope::default());
    }

    /// Said after each arm of a set operation.
    pub(crate) fn arm(&mut self) {
        let last = self.last.take();
        if let Some(scope) = self.stack.last_mut() {
            scope.first_arm.get_or_insert(last);
        }
    }

    /// A query of `WITH` under its name; None for one that stands later or within itself.
    pub(crate) fn with(&mut self, name: &str, given: Option<&[Node]>) {
        let outputs = given.and_then(|renamed| rename(self.last.take(), renamed));
        if let Some(scope) = self.stack.last_mut() {
            scope.withs.push((name.to_owned(), outputs));
        }
    }

    /// A subquery in `FROM`, just walked.
    pub(crate) fn subquery(&mut self, alias: Option<&Alias>) {
        let columns = rename(self.last.take(), alias.map_or(&[], |alias| &alias.colnames));
        let name = alias.map(|alias| alias.aliasname.clone()).unwrap_or_default();
        self.item(Item { columns, ..Item::unknown(name) });
    }

    /// An item whose columns cannot be told.
    pub(crate) fn opaque(&mut self, name: &str) {
        self.item(Item::unknown(name.to_owned()));
    }

    /// A name that stands in an expression.
    pub(crate) fn name(&mut self, column: &ColumnRef) {
        self.named(&column.fields, None, column.location);
    }

    /// `(column).field`
    pub(crate) fn field(&mut self, column: &ColumnRef, field: &str) {
        self.named(&column.fields, Some(field.to_owned()), column.location);
    }

    fn named(&mut self, fields: &[Node], field: Option<String>, location: i32) {
        let Some((last, qualifiers)) = fields.split_last() else {
            return;
        };
        let column = match &last.node {
            Some(N::String(name)) => Some(name.sval.clone()),
            _ => None,
        };
        let qualifiers = names_of(qualifiers);
        if let Some(scope) = self.stack.last_mut() {
            scope.names.push(Name { qualifiers, column, field, location });
        }
    }

    fn item(&mut self, item: Item) {
        if let Some(scope) = self.stack.last_mut() {
            scope.items.push(item);
        }
    }
}

impl Walk<'_> {
    /// A table, or a name of `WITH`.
    pub(crate) fn table_item(&mut self, table: &RangeVar, of_with: bool) -> Checked {
        let alias = table.alias.as_ref();
        let name = alias.map_or(&table.relname, |alias| &alias.aliasname).clone();
        let renamed = alias.map_or(&[][..], |alias| &alias.colnames);
        if of_with {
            let scopes = self.scopes.stack.iter().rev();
            let mut withs = scopes.flat_map(|scope| scope.withs.iter().rev());
            let with = withs.find(|(with, _)| *with == table.relname);
            let columns = rename(with.and_then(|(_, outputs)| outputs.clone()), renamed);
            self.scopes.item(Item { columns, ..Item::unknown(name) });
            return Ok(());
        }
        let named = (!table.schemaname.is_empty()).then_some(table.schemaname.as_str());
        let relation = Relation { schema: named.map(str::to_owned), name: table.relname.clone() };
        let schema = if alias.is_none() { relation.schema.clone() } else { None };
        let mut item = Item { schema, ..Item::unknown(name) };
        let of_the_system = named == Some("information_schema");
        if let (Some(schema), false) = (self.schema(), of_the_system) {
            let known = schema.table(named, &table.relname).ok_or_else(|| {
                let instead = match schema.nearest_table(named, &table.relname) {
                    Some(name) => format!("write `{name}`"),
                    None => "read the tables that the schema names".to_owned(),
                };
                let name = named.map_or(String::new(), |schema| format!("{schema}."));
                let name = format!("{name}{}", table.relname);
                Refusal::new(name, table.location, "there is no such table", instead)
                    .of(RefusalKind::UnknownRelation)
            })?;
            item.know(known, renamed);
            item.schema = alias.is_none().then(|| known.schema.clone());
        }
        self.scopes.item(Item { relation: Some(relation), ..item });
        Ok(())
    }

    fn schema(&self) -> Option<&Schema> {
        self.guard.schema.as_deref()
    }

    /// Looks up the names of the innermost query, and leaves it.
    pub(crate) fn leave_scope(&mut self, select: &SelectStmt) -> Checked {
        let Some(scope) = self.scopes.stack.pop() else {
            return Ok(());
        };
        let outermost = self.scopes.stack.is_empty();
        let outputs = total::may_be_outputs(select);
        for name in &scope.names {
            match scope.means(name, &outputs, outermost) {
                Meaning::Column(relation) => {
                    self.note_column(relation.cloned(), name);
                    self.no_call_of_field(&scope, name)?;
                }
                Meaning::Other => {}
                Meaning::Wrong(item) => return Err(item.has_no(name)),
                Meaning::Unclear => self.note_column(None, name),
                Meaning::Outside if outermost => {
                    self.note_column(None, name);
                    if self.schema().is_some() {
                        return Err(scope.nowhere(name));
                    }
                }
                Meaning::Outside => {
                    if let Some(outer) = self.scopes.stack.last_mut() {
                        outer.names.push(name.clone());
                    }
                }
            }
        }
        if outermost {
            let gives_rows =
                functions::give_rows().any(|name| self.accepted.functions.contains(name));
            self.accepted.total = total::total(select, &scope.items, gives_rows);
        }
        self.scopes.last = scope.outputs(select);
        Ok(())
    }

    fn note_column(&mut self, relation: Option<Relation>, name: &Name) {
        if let Some(column) = &name.column {
            self.accepted.columns.insert(Column { relation, name: column.clone() });
        }
    }

    /// `(column).name` on a column of a plain type can only be a call.
    fn no_call_of_field(&self, scope: &Scope, name: &Name) -> Checked {
        let Some(field) = &name.field else {
            return Ok(());
        };
        let item = scope.items.iter().find(|item| match name.qualifiers.last() {
            Some(qualifier) => item.name == *qualifier,
            None => name.column.as_ref().is_some_and(|column| item.has(column) == Some(true)),
        });
        let types = item.map_or(&[][..], |item| &item.types);
        let plain = types
            .iter()
            .any(|(column, data_type)| Some(column) == name.column.as_ref() && is_plain(data_type));
        if !plain {
            return Ok(());
        }
        let reason = "the column has no fields, so PostgreSQL would call the function of that name";
        Err(Refusal::new(field, name.location, reason, "name the column alone"))
    }
}

/// What a name means in one query.
enum Meaning<'s> {
    /// A column, of this table where that is known.
    Column(Option<&'s Relation>),
    /// A whole row, or the name of an output column.
    Other,
    /// There is no such column in the item it names.
    Wrong(&'s Item),
    /// It may stand for a column of an item that is not known.
    Unclear,
    /// It belongs to a query around this one.
    Outside,
}

impl Scope {
    fn means(&self, name: &Name, outputs: &[i32], outermost: bool) -> Meaning<'_> {
        let Some(qualifier) = name.qualifiers.last() else {
            return self.bare(name, outputs, outermost);
        };
        let schema = name.qualifiers.iter().rev().nth(1);
        let found = self.items.iter().find(|item| {
            item.name == *qualifier && (schema.is_none() || item.schema.as_ref() == schema)
        });
        let Some(item) = found else {
            return Meaning::Outside;
        };
        match &name.column {
            None => Meaning::Other,
            Some(column) => match item.has(column) {
                Some(false) => Meaning::Wrong(item),
                _ => Meaning::Column(item.relation.as_ref()),
            },
        }
    }

    fn bare(&self, name: &Name, outputs: &[i32], outermost: bool) -> Meaning<'_> {
        let Some(column) = &name.column else {
            return Meaning::Other;
        };
        let mut having = self.items.iter().filter(|item| item.has(column) == Some(true));
        match (having.next(), having.next()) {
            (Some(item), None) => return Meaning::Column(item.relation.as_ref()),
            (Some(_), Some(_)) => return Meaning::Column(None),
            (None, _) if outputs.contains(&name.location) => return Meaning::Other,
            (None, _) => {}
        }
        if let Some(item) = self.items.iter().find(|item| item.name == *column) {
            let row = Name { column: name.field.clone(), ..name.clone() };
            return match (&row.column, item.columns.as_ref()) {
                (Some(field), Some(columns)) if !columns.contains(field) => Meaning::Wrong(item),
                _ => Meaning::Other,
            };
        }
        match self.items.as_slice() {
            // A set operation, whose ORDER BY names its outputs.
            [] if self.first_arm.is_some() => Meaning::Unclear,
            [only] if only.columns.is_none() => match &only.relation {
                Some(relation) if outermost => Meaning::Column(Some(relation)),
                _ => Meaning::Unclear,
            },
            items if items.iter().all(|item| item.columns.is_some()) => Meaning::Outside,
            _ => Meaning::Unclear,
        }
    }

    /// The refusal of a name that no query around it knows.
    fn nowhere(&self, name: &Name) -> Refusal {
        let column = name.column.clone().unwrap_or_else(|| "*".to_owned());
        let (wanted, kind, reason, known): (_, _, _, Vec<_>) = match name.qualifiers.last() {
            Some(alias) => {
                let names = self.items.iter().map(|item| item.name.clone()).collect();
                (alias, RefusalKind::UnknownRelation, "FROM has nothing of that name", names)
            }
            None => {
                let columns = self.items.iter().filter_map(|item| item.columns.clone());
                let reason = "no table in FROM has such a column";
                (&column, RefusalKind::UnknownColumn, reason, columns.flatten().collect())
            }
        };
        let instead = match nearest(wanted, known.into_iter()) {
            Some(known) => format!("write `{known}`"),
            None => "use the names that the schema has".to_owned(),
        };
        Refusal::new(wanted, name.location, reason, instead).of(kind)
    }

    fn outputs(&self, select: &SelectStmt) -> Outputs {
        if let Some(first) = &self.first_arm {
            return first.clone();
        }
        if let Some(Node { node: Some(N::List(row)) }) = select.values_lists.first() {
            return Some((1..=row.items.len()).map(|number| format!("column{number}")).collect());
        }
        let mut outputs = Vec::new();
        for target in &select.target_list {
            let Some(N::ResTarget(target)) = &target.node else {
                return None;
            };
            self.output(target, &mut outputs)?;
        }
        Some(outputs)
    }

    fn output(&self, target: &ResTarget, outputs: &mut Vec<String>) -> Option<()> {
        if !target.name.is_empty() {
            outputs.push(target.name.clone());
            return Some(());
        }
        match target.val.as_deref()?.node.as_ref()? {
            N::ColumnRef(column) => match column.fields.split_last()? {
                (Node { node: Some(N::String(name)) }, _) => outputs.push(name.sval.clone()),
                (_, qualifiers) => {
                    let qualifier = names_of(qualifiers).pop();
                    let of = |item: &&Item| qualifier.as_ref().is_none_or(|it| item.name == *it);
                    for item in self.items.iter().filter(of) {
                        outputs.extend(item.columns.clone()?);
                    }
                }
            },
            N::FuncCall(call) => outputs.push(names(&call.funcname)?.last()?.to_string()),
            _ => return None,
        }
        Some(())
    }
}

impl Item {
    fn unknown(name: String) -> Self {
        let (schema, relation, columns) = (None, None, None);
        Self { name, schema, relation, columns, key: Vec::new(), types: Vec::new() }
    }

    fn know(&mut self, table: &Table, renamed: &[Node]) {
        let columns = table.columns.iter().map(|column| column.name.clone()).collect();
        let columns = rename(Some(columns), renamed).unwrap_or_default();
        let called = |name: &String| {
            let at = table.columns.iter().position(|column| column.name == *name)?;
            columns.get(at).cloned()
        };
        let key: Option<_> = table.primary_key.iter().map(called).collect();
        self.key = key.unwrap_or_default();
        let types = table.columns.iter().map(|column| column.data_type.clone());
        self.types = columns.iter().cloned().zip(types).collect();
        self.columns = Some(columns);
    }

    /// Whether it has that column; None where that cannot be told.
    pub(crate) fn has(&self, column: &str) -> Option<bool> {
        self.columns.as_ref().map(|columns| columns.iter().any(|it| it == column))
    }

    fn has_no(&self, name: &Name) -> Refusal {
        let wanted = name.field.as_ref().filter(|_| name.qualifiers.is_empty());
        let wanted = wanted.or(name.column.as_ref()).map_or("*", String::as_str);
        let reason =
            format!("`{}` has no such column, so PostgreSQL may take it for a call", self.name);
        let instead = match nearest(wanted, self.columns.iter().flatten().cloned()) {
            Some(column) => format!("write `{column}`"),
            None => "use the columns that it has".to_owned(),
        };
        Refusal::new(wanted, name.location, reason, instead).of(RefusalKind::UnknownColumn)
    }
}

/// With the column names that an alias gives, `AS t (a, b)`.
fn rename(outputs: Outputs, renamed: &[Node]) -> Outputs {
    let mut outputs = outputs?;
    for (output, name) in outputs.iter_mut().zip(names_of(renamed)) {
        *output = name;
    }
    Some(outputs)
}
