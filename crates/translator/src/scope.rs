//! FROM and WHERE: aliases, joins along foreign keys, and the conditions on what they reach.

use crate::decline::Decline;
use crate::join::{Step, is_to_one, path};
use crate::lexicon::label;
use crate::period::Period;
use crate::plan::{Operator, Restriction, Test, Value};
use crate::schema::{Kind, Schema};

/// One query's tables. An alias is the first letter of its table, with a number where taken.
pub(crate) struct Scope<'a> {
    pub(crate) schema: &'a Schema,
    /// The table that the others are joined to, and its alias.
    pub(crate) base: (usize, String),
    joins: Vec<Join>,
    aliases: Vec<String>,
}

struct Join {
    from: String,
    step: Step,
    alias: String,
    /// Rows without a match are kept.
    left: bool,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(schema: &'a Schema, base: usize) -> Self {
        let mut scope =
            Self { schema, base: (base, String::new()), joins: Vec::new(), aliases: Vec::new() };
        scope.base.1 = scope.alias(base);
        scope
    }

    /// Joins along the way and gives the last alias. With `keep`, a row that finds no match stays.
    pub(crate) fn follow(&mut self, from: &str, way: &[Step], keep: bool) -> String {
        let mut from = from.to_owned();
        for step in way {
            let key = step.foreign_key(self.schema);
            let owner = &self.schema.tables[step.owner];
            let may_miss = !step.up || key.columns.iter().any(|c| !owner.columns[*c].not_null);
            let after_left = self.joins.iter().any(|join| join.alias == from && join.left);
            let left = keep && (may_miss || after_left);
            let known = self.joins.iter_mut().find(|join| join.from == from && join.step == *step);
            if let Some(join) = known {
                join.left &= left;
                from = join.alias.clone();
                continue;
            }
            let alias = self.alias(step.leads_to(self.schema));
            self.joins.push(Join { from, step: *step, alias: alias.clone(), left });
            from = alias;
        }
        from
    }

    /// The conditions of a restriction on the rows of `table`, called `alias`. What is linked to
    /// one thing at most is joined; of many, one has to exist, so that no row is doubled.
    pub(crate) fn restrict(
        &mut self,
        table: usize,
        alias: &str,
        restriction: &Restriction,
        keep: bool,
    ) -> Result<Vec<String>, Decline> {
        let way = path(self.schema, table, restriction.entity)?;
        let target = restriction.entity.table;
        if !is_to_one(&way) || restriction.negated {
            return Ok(vec![self.exists(alias, &way, restriction)?]);
        }
        let reached = self.follow(alias, &way, keep);
        if keep && !way.is_empty() && restriction.tests.is_empty() {
            let key = self.key_columns(target, &reached);
            return Ok(key
                .first()
                .map(|column| format!("{column} IS NOT NULL"))
                .into_iter()
                .collect());
        }
        self.tests(target, &reached, &restriction.tests)
    }

    /// `FROM … JOIN …`, a join a line.
    pub(crate) fn tables_sql(&self) -> String {
        let (table, alias) = &self.base;
        let mut sql = format!("FROM {} AS {alias}", self.table_sql(*table));
        for join in &self.joins {
            let kind = if join.left { "LEFT JOIN" } else { "JOIN" };
            let table = self.table_sql(join.step.leads_to(self.schema));
            let on = self.on(&join.from, join.step, &join.alias);
            sql.push_str(&format!("\n{kind} {table} AS {} ON {on}", join.alias));
        }
        sql
    }

    /// `alias.column`
    pub(crate) fn column(&self, table: usize, alias: &str, column: usize) -> String {
        format!("{alias}.{}", self.schema.tables[table].columns[column].name.sql)
    }

    /// The primary key's columns.
    pub(crate) fn key_columns(&self, table: usize, alias: &str) -> Vec<String> {
        let key = &self.schema.tables[table].primary_key;
        key.iter().map(|column| self.column(table, alias, *column)).collect()
    }

    fn exists(
        &mut self,
        outer: &str,
        way: &[Step],
        restriction: &Restriction,
    ) -> Result<String, Decline> {
        let Some((first, rest)) = way.split_first() else {
            return Err(Decline::Unclear("nothing can be without itself".to_owned()));
        };
        let mut inner = Scope {
            schema: self.schema,
            base: (first.leads_to(self.schema), String::new()),
            joins: Vec::new(),
            aliases: std::mem::take(&mut self.aliases),
        };
        let start = inner.alias(inner.base.0);
        inner.base.1.clone_from(&start);
        let reached = inner.follow(&start, rest, false);
        let mut conditions = vec![inner.on(outer, *first, &start)];
        conditions.extend(inner.tests(restriction.entity.table, &reached, &restriction.tests)?);
        let from = inner.tables_sql().replace('\n', " ");
        self.aliases = inner.aliases;
        let not = if restriction.negated { "NOT " } else { "" };
        Ok(format!("{not}EXISTS (SELECT 1 {from} WHERE {})", conditions.join(" AND ")))
    }

    fn tests(&self, table: usize, alias: &str, tests: &[Test]) -> Result<Vec<String>, Decline> {
        tests.iter().map(|test| self.test(table, alias, test)).collect()
    }

    fn test(&self, table: usize, alias: &str, test: &Test) -> Result<String, Decline> {
        let column = |place: usize| self.column(table, alias, place);
        Ok(match test {
            Test::Called(text) => self.called(table, alias, text)?,
            Test::Compares(place, operator, value) => {
                let kind = self.schema.tables[table].columns[*place].kind;
                let value = match value {
                    Value::Number(number) if kind.is_number() => number.clone(),
                    Value::Number(text) | Value::Text(text) => literal(text),
                };
                format!("{} {} {value}", column(*place), operator.sql())
            }
            Test::Falls(place, operator, period) => {
                let kind = self.schema.tables[table].columns[*place].kind;
                falls(&column(*place), kind, *operator, period)?
            }
            Test::IsNull(place) => format!("{} IS NULL", column(*place)),
            Test::IsActive(start, end) => {
                let end = column(*end);
                let runs = format!("({end} IS NULL OR {end} >= CURRENT_DATE)");
                match start {
                    Some(start) => format!("{} <= CURRENT_DATE AND {runs}", column(*start)),
                    None => runs,
                }
            }
        })
    }

    /// The row's name is the text, or its code where the text looks like one.
    fn called(&self, table: usize, alias: &str, text: &str) -> Result<String, Decline> {
        let owner = &self.schema.tables[table];
        let column = |place: usize| self.column(table, alias, place);
        let is_code = |c: char| c.is_uppercase() || c.is_ascii_digit() || "-_.".contains(c);
        match label(owner)[..] {
            [name] => Ok(match owner.column("code").filter(|_| text.chars().all(is_code)) {
                Some(code) => {
                    format!("{} IN ({}, {})", literal(text), column(name), column(code))
                }
                None => format!("{} = {}", column(name), literal(text)),
            }),
            [first, last] => {
                let (first, last) = (column(first), column(last));
                match text.split_whitespace().collect::<Vec<_>>()[..] {
                    [one, other] => {
                        let (one, other) = (literal(one), literal(other));
                        Ok(format!("{first} = {one} AND {last} = {other}"))
                    }
                    // Where the first name ends is not known.
                    [_, _, _, ..] => Ok(format!("{first} || ' ' || {last} = {}", literal(text))),
                    _ => Err(Decline::Unclear(format!("`{text}` is not a full name"))),
                }
            }
            _ => {
                let title = self.schema.title(table);
                Err(Decline::Unclear(format!("`{title}` has no column that `{text}` could name")))
            }
        }
    }

    /// The equality of the key's columns between the two ends of a step.
    fn on(&self, from: &str, step: Step, to: &str) -> String {
        let key = step.foreign_key(self.schema);
        let (owner, target) = if step.up { (from, to) } else { (to, from) };
        let pairs = key.columns.iter().zip(&key.target_columns).map(|(column, target_column)| {
            let owner = self.column(step.owner, owner, *column);
            format!("{owner} = {}", self.column(key.target, target, *target_column))
        });
        pairs.collect::<Vec<_>>().join(" AND ")
    }

    fn alias(&mut self, table: usize) -> String {
        let name = &self.schema.tables[table].name.name;
        let letter = name.chars().next().map(|c| c.to_ascii_lowercase());
        let letter = letter.filter(char::is_ascii_lowercase).unwrap_or('t');
        let numbered = (2_u32..).map(|number| format!("{letter}{number}"));
        let mut candidates = std::iter::once(letter.to_string()).chain(numbered);
        let alias = candidates.find(|alias| !self.aliases.contains(alias)).unwrap_or_default();
        self.aliases.push(alias.clone());
        alias
    }

    fn table_sql(&self, table: usize) -> String {
        let table = &self.schema.tables[table];
        format!("{}.{}", table.schema.sql, table.name.sql)
    }
}

impl Operator {
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
}

/// A column's time against a period, with half-open ends that hold for dates and timestamps.
fn falls(column: &str, kind: Kind, operator: Operator, period: &Period) -> Result<String, Decline> {
    let Period { from, until, years } = period;
    if kind.is_time() {
        return Ok(match operator {
            Operator::Equal => format!("{column} >= {from} AND {column} < {until}"),
            Operator::Less => format!("{column} < {from}"),
            Operator::AtMost => format!("{column} < {until}"),
            Operator::Greater => format!("{column} >= {until}"),
            Operator::AtLeast => format!("{column} >= {from}"),
        });
    }
    let Some((first, last)) = years else {
        return Err(Decline::Unclear(format!("`{column}` holds years and no dates")));
    };
    Ok(match operator {
        Operator::Equal if first == last => format!("{column} = {first}"),
        Operator::Equal => format!("{column} BETWEEN {first} AND {last}"),
        Operator::Less => format!("{column} < {first}"),
        Operator::AtMost => format!("{column} <= {last}"),
        Operator::Greater => format!("{column} > {last}"),
        Operator::AtLeast => format!("{column} >= {first}"),
    })
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
