//! What has to hold of a row: names, comparisons, times.

use super::{Mention, Reading};
use crate::decline::Decline;
use crate::join::Entity;
use crate::lexicon;
use crate::period::Period;
use crate::plan::{Operator, Restriction, Test, Value};
use crate::schema::Kind;

impl Reading<'_> {
    /// Makes the entity the one that the next words speak of.
    pub(super) fn mention(&mut self, entity: Entity, negated: bool) {
        self.at = self.restrictions.len();
        self.restrictions.push(Restriction {
            entity,
            tests: Vec::new(),
            negated,
            of_listed: self.measure.is_none(),
        });
    }

    /// Adds a test to the last mention of the entity. Two names, or two values of one column,
    /// are a choice between them, and not one thing that is both.
    pub(super) fn test(&mut self, entity: Entity, test: Test) -> Result<(), Decline> {
        let tests = self.restrictions.iter().filter(|r| r.entity == entity).flat_map(|r| &r.tests);
        if tests.into_iter().any(|other| other.excludes(&test)) {
            let title = self.schema.title(entity.table);
            let reason = format!("one row of `{title}` cannot be two things at once");
            return Err(Decline::Unclear(reason));
        }
        if self.restrictions.get(self.at).is_none_or(|at| at.entity != entity) {
            let place = self.restrictions.iter().position(|r| r.entity == entity && !r.negated);
            match place {
                Some(place) => self.at = place,
                None => self.mention(entity, false),
            }
        }
        self.restrictions[self.at].tests.push(test);
        Ok(())
    }

    pub(super) fn falls(
        &mut self,
        entity: Entity,
        column: usize,
        operator: Operator,
        period: Period,
    ) -> Result<(), Decline> {
        self.last_time = Some((entity, column));
        self.test(entity, Test::Falls(column, operator, period))
    }

    pub(super) fn compare(
        &mut self,
        mention: &Mention,
        operator: Operator,
        value: Value,
    ) -> Result<(), Decline> {
        if let Some(attribute) = self.pick(mention)
            && attribute.columns.len() > 1
            && let Value::Text(text) = value
        {
            let entity = mention.owner.unwrap_or(Entity::table(attribute.table));
            return self.test(entity, Test::Called(text));
        }
        let (entity, column) = self.resolve(mention)?;
        let kind = self.schema.tables[entity.table].columns[column].kind;
        let fits = match &value {
            Value::Text(_) => matches!(kind, Kind::Text | Kind::Other),
            Value::Number(_) if operator == Operator::Equal => {
                kind.is_number() || kind == Kind::Text
            }
            Value::Number(_) => kind.is_number(),
        };
        if !fits {
            return Err(Decline::Word(mention.words.clone()));
        }
        self.test(entity, Test::Compares(column, operator, value))
    }

    pub(super) fn active(&mut self, entity: Entity) -> Result<(), Decline> {
        let named = |names: &[&str]| {
            let table = &self.schema.tables[entity.table];
            let mut places = table.columns.iter().enumerate().filter(|(_, column)| {
                let words = lexicon::split(&column.name.name);
                column.kind.is_time() && words.iter().any(|word| names.contains(&word.as_str()))
            });
            places.next().map(|(place, _)| place).filter(|_| places.next().is_none())
        };
        let start = named(&["start", "begin"]);
        let Some(end) = named(&["end", "finish"]) else {
            let title = self.schema.title(entity.table);
            let reason = format!("`{title}` has no end date that says what is active");
            return Err(Decline::Unclear(reason));
        };
        self.test(entity, Test::IsActive(start, end))
    }
}
