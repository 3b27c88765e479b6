//! A plan as one SELECT, with an order that leaves no two rows to chance.

use crate::decline::Decline;
use crate::join::{Entity, is_to_one, path, reversed};
use crate::lexicon::{entity_noun, label, noun};
use crate::plan::{Function, Key, Measure, Plan, Rank, Shown, Test};
use crate::schema::{Kind, Schema};
use crate::scope::Scope;

/// Writes the plan as SQL, without a semicolon at its end.
pub(crate) fn render(schema: &Schema, plan: &Plan) -> Result<String, Decline> {
    match (plan.measure, plan.sole_key()) {
        (None, _) => list(schema, plan),
        (Some(measure), Some(key)) => measure_each(schema, plan, measure, key),
        (Some(measure), None) => measure_all(schema, plan, measure),
    }
}

/// A SELECT in the making.
#[derive(Default)]
struct Select {
    distinct: bool,
    /// Expression and output name, both as SQL.
    columns: Vec<(String, String)>,
    from: String,
    conditions: Vec<String>,
    group_by: Vec<String>,
    having: Option<String>,
    order_by: Vec<String>,
}

/// Rows of the subject, with what is linked to each.
fn list(schema: &Schema, plan: &Plan) -> Result<String, Decline> {
    let mut scope = Scope::new(schema, plan.subject);
    let mut select = Select::default();
    let base = scope.base.1.clone();
    for restriction in &plan.restrictions {
        select.conditions.extend(scope.restrict(plan.subject, &base, restriction, false)?);
    }
    let table = &schema.tables[plan.subject];
    if plan.shown == Shown::All && table.is_association() {
        associate(&mut scope, plan, &mut select)?;
    } else {
        select.show(&scope, plan.subject, &base, &shown_columns(schema, plan), None);
    }
    let mut order = scope.key_columns(plan.subject, &base);
    let mut fans_out = false;
    for extra in &plan.extras {
        let way = path(schema, plan.subject, extra.entity)?;
        if !is_to_one(&way) && std::mem::replace(&mut fans_out, true) {
            let reason = "each row would be paired with two lists at once";
            return Err(Decline::Unclear(reason.to_owned()));
        }
        // Over a table in between, the same pair may come up more than once.
        select.distinct |= way.windows(2).any(|pair| !pair[0].up && pair[1].up);
        let alias = scope.follow(&base, &way, true);
        let columns = if extra.columns.is_empty() {
            named(schema, extra.entity.table)
        } else {
            extra.columns.clone()
        };
        let prefix = entity_noun(schema, extra.entity);
        select.show(&scope, extra.entity.table, &alias, &columns, Some(&prefix));
        if !is_to_one(&way) {
            order.extend(scope.key_columns(extra.entity.table, &alias));
        }
    }
    if select.distinct || table.primary_key.is_empty() {
        order = select.columns.iter().map(|(expression, _)| expression.clone()).collect();
    }
    if let Some((column, descending)) = plan.sort {
        order.insert(0, ordering(&scope.column(plan.subject, &base, column), descending));
    }
    select.from = scope.tables_sql();
    select.order_by = order;
    let ranked = plan.rank.and_then(|rank| Some((rank, rank.column?)));
    match ranked {
        Some((rank, column)) => {
            let by = scope.column(plan.subject, &base, column);
            Ok(select.ranked(rank, &by))
        }
        None => Ok(select.to_sql()),
    }
}

/// One row for each row of the key's table; what has nothing to measure is kept.
fn measure_each(
    schema: &Schema,
    plan: &Plan,
    measure: Measure,
    key: Entity,
) -> Result<String, Decline> {
    let mut scope = Scope::new(schema, key.table);
    let mut select = Select::default();
    let base = scope.base.1.clone();
    let way = reversed(&path(schema, measure.table, key)?);
    let measured = scope.follow(&base, &way, true);
    let mut filters = Vec::new();
    for restriction in &plan.restrictions {
        if restriction.of_listed || restriction.entity == key {
            select.conditions.extend(scope.restrict(key.table, &base, restriction, false)?);
        } else {
            filters.extend(scope.restrict(measure.table, &measured, restriction, true)?);
        }
    }
    let columns = match &plan.shown {
        Shown::All if key.table == plan.subject && plan.keeps_some() => {
            (0..schema.tables[key.table].columns.len()).collect()
        }
        Shown::All | Shown::Named(_) => named(schema, key.table),
        Shown::Only(columns) => columns.clone(),
    };
    select.show(&scope, key.table, &base, &columns, None);
    let doubles = way.windows(2).any(|pair| !pair[0].up && pair[1].up);
    let value = aggregate(&scope, measure, &measured, doubles, true, &filters)?;
    let shown: Vec<String> = select.columns.iter().map(|(column, _)| column.clone()).collect();
    let keys = scope.key_columns(key.table, &base);
    if keys.is_empty() {
        let title = schema.title(key.table);
        return Err(Decline::Unclear(format!("`{title}` has no primary key to group by")));
    }
    select.order_by = match plan.shown {
        Shown::All if plan.keeps_some() => keys.clone(),
        _ => shown.iter().chain(keys.iter().filter(|key| !shown.contains(key))).cloned().collect(),
    };
    select.group_by = keys;
    select.columns.push((value.clone(), measure_name(schema, measure)));
    select.from = scope.tables_sql();
    Ok(select.compared(plan, &value))
}

/// The measure over everything, or by columns that the measured rows have or point to.
fn measure_all(schema: &Schema, plan: &Plan, measure: Measure) -> Result<String, Decline> {
    let mut scope = Scope::new(schema, measure.table);
    let mut select = Select::default();
    let base = scope.base.1.clone();
    for restriction in &plan.restrictions {
        select.conditions.extend(scope.restrict(measure.table, &base, restriction, false)?);
    }
    for key in &plan.keys {
        let entity = key.entity();
        let way = path(schema, measure.table, entity)?;
        if !is_to_one(&way) {
            let (one, other) = (schema.title(measure.table), schema.title(entity.table));
            let reason = format!("a row of `{one}` has many of `{other}`, so it has no one group");
            return Err(Decline::Unclear(reason));
        }
        let alias = scope.follow(&base, &way, false);
        let columns = match key {
            Key::Entity(_) => {
                select.group_by.extend(scope.key_columns(entity.table, &alias));
                named(schema, entity.table)
            }
            Key::Column(_, attribute) => attribute.columns.clone(),
        };
        let prefix = (entity.table != measure.table).then(|| entity_noun(schema, entity));
        select.show(&scope, entity.table, &alias, &columns, prefix.as_deref());
    }
    for (column, _) in &select.columns {
        if !select.group_by.contains(column) {
            select.group_by.push(column.clone());
        }
    }
    select.order_by = select.group_by.clone();
    let value = aggregate(&scope, measure, &base, false, false, &[])?;
    select.columns.push((value.clone(), measure_name(schema, measure)));
    select.from = scope.tables_sql();
    Ok(select.compared(plan, &value))
}

/// A row of a table that only ties others together says nothing by its keys: it is shown by the
/// names of what it ties, but for those that the question fixed, and by its other columns.
fn associate(scope: &mut Scope<'_>, plan: &Plan, select: &mut Select) -> Result<(), Decline> {
    let (table, base) = scope.base.clone();
    let owner = &scope.schema.tables[table];
    for key in 0..owner.foreign_keys.len() {
        let entity = Entity { table: owner.foreign_keys[key].target, via: Some((table, key)) };
        let is_fixed = plan.restrictions.iter().any(|restriction| {
            let named = restriction.tests.iter().any(|test| matches!(test, Test::Called(_)));
            restriction.entity.table == entity.table && named
        });
        if !is_fixed {
            let way = path(scope.schema, table, entity)?;
            let alias = scope.follow(&base, &way, true);
            let columns = named(scope.schema, entity.table);
            let prefix = entity_noun(scope.schema, entity);
            select.show(scope, entity.table, &alias, &columns, Some(&prefix));
        }
    }
    let own: Vec<usize> = (0..owner.columns.len()).filter(|c| !owner.is_reference(*c)).collect();
    select.show(scope, table, &base, &own, None);
    Ok(())
}

impl Select {
    /// Shows columns of a table; `prefix` says of what, where the name alone does not.
    fn show(
        &mut self,
        scope: &Scope<'_>,
        table: usize,
        alias: &str,
        columns: &[usize],
        prefix: Option<&str>,
    ) {
        for column in columns {
            let own = &scope.schema.tables[table].columns[*column].name;
            let mut name = match prefix {
                Some(prefix) if !own.name.starts_with(prefix) => {
                    plain(&format!("{prefix}_{}", own.name))
                }
                _ => own.sql.clone(),
            };
            while self.columns.iter().any(|(_, taken)| *taken == name) {
                name = plain(&format!("{name}_2"));
            }
            let expression = scope.column(table, alias, *column);
            if !self.columns.iter().any(|(shown, _)| *shown == expression) {
                self.columns.push((expression, name));
            }
        }
    }

    /// The groups that the plan keeps, by the measure's value.
    fn compared(mut self, plan: &Plan, value: &str) -> String {
        let having = plan.having.as_ref();
        self.having =
            having.map(|(operator, number)| format!("{value} {} {number}", operator.sql()));
        match plan.rank {
            Some(rank) => self.ranked(rank, value),
            None => self.to_sql(),
        }
    }

    /// The first rows by an expression. Without a limit all that tie for the first place stay:
    /// to drop one of them would be a wrong answer.
    fn ranked(mut self, rank: Rank, by: &str) -> String {
        let by = format!("{} NULLS LAST", ordering(by, rank.descending));
        let Some(limit) = rank.limit else {
            let names: Vec<&str> = self.columns.iter().map(|(_, name)| name.as_str()).collect();
            self.order_by = vec![by];
            let inner = self.to_sql().replace('\n', "\n  ");
            let order = names.join(", ");
            return format!(
                "SELECT *\nFROM (\n  {inner}\n  FETCH FIRST 1 ROW WITH TIES\n) AS first_place\n\
                 ORDER BY {order}"
            );
        };
        self.order_by.retain(|column| *column != by);
        self.order_by.insert(0, by);
        format!("{}\nLIMIT {limit}", self.to_sql())
    }

    fn to_sql(&self) -> String {
        let columns = self.columns.iter().map(|(expression, name)| {
            let own = expression.rsplit('.').next().unwrap_or_default();
            if own == *name { expression.clone() } else { format!("{expression} AS {name}") }
        });
        let distinct = if self.distinct { "DISTINCT " } else { "" };
        let columns = columns.collect::<Vec<_>>().join(", ");
        let mut sql = format!("SELECT {distinct}{columns}\n{}", self.from);
        let mut clause = |start: &str, parts: &[String], between: &str| {
            if !parts.is_empty() {
                sql.push_str(&format!("\n{start} {}", parts.join(between)));
            }
        };
        clause("WHERE", &self.conditions, "\n  AND ");
        clause("GROUP BY", &self.group_by, ", ");
        clause("HAVING", self.having.as_slice(), " AND ");
        clause("ORDER BY", &self.order_by, ", ");
        sql
    }
}

impl Plan {
    /// Whether groups are picked by their measure, so that the groups are what is asked for.
    fn keeps_some(&self) -> bool {
        self.having.is_some() || self.rank.is_some()
    }
}

/// `function(…)`, with a filter where only some of the joined rows count. `outer`: rows may have
/// been kept that match nothing. `doubles`: a measured row may be met twice in one group.
fn aggregate(
    scope: &Scope<'_>,
    measure: Measure,
    alias: &str,
    doubles: bool,
    outer: bool,
    filters: &[String],
) -> Result<String, Decline> {
    let filter = match filters {
        [] => String::new(),
        _ => format!(" FILTER (WHERE {})", filters.join(" AND ")),
    };
    let Some(column) = measure.column else {
        let mut keys = scope.key_columns(measure.table, alias);
        if keys.is_empty() && !doubles {
            let columns = &scope.schema.tables[measure.table].columns;
            let filled = columns.iter().position(|column| column.not_null);
            keys.extend(filled.map(|column| scope.column(measure.table, alias, column)));
        }
        let counted = match (&keys[..], outer, doubles) {
            (_, false, _) => "*".to_owned(),
            ([key], true, true) => format!("DISTINCT {key}"),
            ([key, ..], true, false) => key.clone(),
            _ => {
                let title = scope.schema.title(measure.table);
                let reason = format!("`{title}` has no primary key to count it by");
                return Err(Decline::Unclear(reason));
            }
        };
        return Ok(format!("count({counted}){filter}"));
    };
    let column = scope.column(measure.table, alias, column);
    let function = match measure.function {
        Function::Count => "count",
        Function::Sum => "sum",
        Function::Average => "avg",
        Function::Minimum => "min",
        Function::Maximum => "max",
    };
    if doubles && matches!(measure.function, Function::Sum | Function::Average) {
        let title = scope.schema.title(measure.table);
        return Err(Decline::Unclear(format!("a row of `{title}` would be summed more than once")));
    }
    let value = format!("{function}({column}){filter}");
    // The sum of nothing is zero, where a row stands for a group without any.
    let is_sum = measure.function == Function::Sum && outer;
    Ok(if is_sum { format!("coalesce({value}, 0)") } else { value })
}

/// `student_count`, `average_funding_amount`
fn measure_name(schema: &Schema, measure: Measure) -> String {
    let table = &schema.tables[measure.table];
    let Some(column) = measure.column else {
        return plain(&format!("{}_count", noun(table)));
    };
    let function = match measure.function {
        Function::Count | Function::Sum => "total",
        Function::Average => "average",
        Function::Minimum => "minimum",
        Function::Maximum => "maximum",
    };
    plain(&format!("{function}_{}", table.columns[column].name.name))
}

/// The columns of the subject that the plan shows.
fn shown_columns(schema: &Schema, plan: &Plan) -> Vec<usize> {
    match &plan.shown {
        Shown::All => (0..schema.tables[plan.subject].columns.len()).collect(),
        Shown::Only(columns) => columns.clone(),
        Shown::Named(columns) => {
            let name = named(schema, plan.subject);
            let others = columns.iter().filter(|column| !name.contains(column));
            name.iter().chain(others).copied().collect()
        }
    }
}

/// The columns by which a row is named; its key where it has no name, else all that can be ordered.
fn named(schema: &Schema, table: usize) -> Vec<usize> {
    let table = &schema.tables[table];
    let name = label(table);
    if !name.is_empty() {
        return name;
    }
    if !table.primary_key.is_empty() {
        return table.primary_key.clone();
    }
    let ordered = |column: &usize| table.columns[*column].kind != Kind::Other;
    (0..table.columns.len()).filter(ordered).collect()
}

fn ordering(expression: &str, descending: bool) -> String {
    if descending { format!("{expression} DESC") } else { expression.to_owned() }
}

/// A made-up output name, of letters, digits and underscores alone. It only ever follows AS or
/// starts with a letter and holds an underscore, so that it is no keyword where it matters.
fn plain(name: &str) -> String {
    let fold = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    name.chars().map(fold).collect()
}
