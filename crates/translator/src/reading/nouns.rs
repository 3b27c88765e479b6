//! What a table or a column does where it stands, by the small words before it.

use super::{Mention, Ranking, Reading, Superlative, Taken, only, starts_with_entity, when};
use crate::chunk::Chunk;
use crate::decline::Decline;
use crate::join::{Entity, is_to_one, path};
use crate::plan::{Function, Key, Operator, Test, Value};

impl Reading<'_> {
    /// A table's turn: what it is depends on the small words before it.
    pub(super) fn entity(
        &mut self,
        options: &[Entity],
        plural: bool,
        name: Option<&String>,
        words: &str,
    ) -> Result<(), Decline> {
        let entity = self.choose(options, words)?;
        let pending = std::mem::take(&mut self.pending);
        let unknown = || Err(Decline::Word(words.to_owned()));
        let opens_with_without = pending.without && self.subject.is_none();
        if pending.demands() > 1 || pending.sorted || opens_with_without {
            return unknown();
        }
        if let Some(function) = pending.function {
            if self.measure.is_some() || pending.each {
                return unknown();
            }
            self.by_measure(pending.by, words)?;
            self.measured(function, entity, words)?;
        } else if let Some((operator, number)) = pending.compare {
            let fits = self.measure.is_none() && name.is_none() && (plural || number == "1");
            if !fits || !self.speaks_of_subject() {
                return unknown();
            }
            self.having = Some((operator, number));
            self.measured(Function::Count, entity, words)?;
        } else if pending.each || pending.by && self.measure.is_some() && name.is_none() {
            self.keys.push((Some(Key::Entity(entity)), None));
            self.mention(entity, false);
        } else if let Some(descending) = pending.most {
            if self.measure.is_some() || name.is_some() || !self.speaks_of_subject() {
                return unknown();
            }
            self.rank = Some(Ranking {
                superlative: Superlative { descending, of_time: false, limit: None },
                column: None,
                by_measure: true,
                words: words.to_owned(),
            });
            self.measured(Function::Count, entity, words)?;
        } else if self.subject.is_none() && self.becomes_subject(entity) {
            self.subject = Some(entity.table);
            self.mention(entity, false);
            if let Some(superlative) = pending.superlative {
                if superlative.of_time && superlative.limit.is_none() && plural {
                    return unknown();
                }
                self.rank = Some(Ranking {
                    superlative,
                    column: None,
                    by_measure: false,
                    words: words.to_owned(),
                });
            }
        } else if pending.their && (pending.and || pending.with) && name.is_none() {
            self.extras.push(entity);
            self.mention(entity, false);
        } else if pending.superlative.is_some() || pending.by && name.is_none() {
            return unknown();
        } else if pending.links || pending.with || pending.without || name.is_some() {
            let bare = pending.with && name.is_none();
            self.attaches(entity, pending.without, bare, words)?;
            self.mention(entity, pending.without);
        } else {
            return unknown();
        }
        if pending.active {
            self.active(entity)?;
        }
        if let Some(name) = name {
            self.test(entity, Test::Called(name.clone()))?;
        }
        Ok(())
    }

    /// A column's turn: compared with what follows, or shown, measured, grouped or ordered by.
    pub(super) fn column(&mut self, mention: Mention, tail: &[Chunk]) -> Taken {
        let pending = std::mem::take(&mut self.pending);
        let unknown = |mention: &Mention| Err(Decline::Word(mention.words.clone()));
        if pending.demands() > 1 {
            return unknown(&mention);
        }
        if let Some(function) = pending.function {
            if function == Function::Count || pending.each || self.measure.is_some() {
                return unknown(&mention);
            }
            self.by_measure(pending.by, &mention.words)?;
            self.measure = Some((function, Some(mention), None));
        } else if pending.without {
            let (entity, column) = self.resolve(&mention)?;
            self.test(entity, Test::IsNull(column))?;
        } else if let Some((operator, number)) = pending.compare {
            self.compare(&mention, operator, Value::Number(number))?;
        } else if pending.each || pending.by && self.measure.is_some() {
            self.keys.push((None, Some(mention)));
        } else if pending.sorted {
            self.sort = Some((mention, false));
        } else if pending.by {
            match &mut self.rank {
                Some(rank) if rank.column.is_none() => rank.column = Some(mention),
                _ => return unknown(&mention),
            }
        } else if let Some(superlative) = pending.superlative {
            if superlative.of_time {
                return unknown(&mention);
            }
            self.extreme(superlative, mention);
        } else if let Some(length) = self.value(&mention, tail)? {
            return Ok(1 + length);
        } else if starts_with_entity(tail) {
            // "credit courses": not the credits of the courses.
            return unknown(&mention);
        } else if pending.and && matches!(self.keys.last(), Some((None, Some(_)))) {
            self.keys.push((None, Some(mention)));
        } else if self.subject.is_none() && self.measure.is_none() {
            self.columns_first.push(mention);
        } else if pending.and || pending.with || pending.their {
            self.columns_after.push(mention);
        } else {
            return unknown(&mention);
        }
        Ok(1)
    }

    /// Compares the column with the value that follows it, if one does; how many chunks that took.
    fn value(&mut self, mention: &Mention, tail: &[Chunk]) -> Result<Option<usize>, Decline> {
        use Chunk as C;
        if let Some((operator, period, length)) = when(tail)
            && self.is_time(mention)
        {
            let (entity, column) = self.resolve(mention)?;
            self.falls(entity, column, operator, period)?;
            return Ok(Some(length));
        }
        // "a capacity of at least 60"
        let has_of = matches!(tail, [C::Of, C::Compare { .. } | C::Text(_) | C::Number(_), ..]);
        let of = usize::from(has_of);
        let number = |number: &String| Value::Number(number.clone());
        let length = match &tail[of..] {
            [C::Compare { operator, .. }, C::Number(value), ..] => {
                self.compare(mention, *operator, number(value))?;
                2
            }
            [C::Between, C::Number(low), C::And, C::Number(high), ..] => {
                self.compare(mention, Operator::AtLeast, number(low))?;
                self.compare(mention, Operator::AtMost, number(high))?;
                4
            }
            [C::Number(value), ..] => {
                self.compare(mention, Operator::Equal, number(value))?;
                1
            }
            [C::Text(text), after @ ..] if !starts_with_entity(after) => {
                self.compare(mention, Operator::Equal, Value::Text(text.clone()))?;
                1
            }
            _ => return Ok(None),
        };
        Ok(Some(of + length))
    }

    /// "the highest salary" is a measure; "the room with the highest capacity" ranks rooms.
    pub(super) fn extreme(&mut self, superlative: Superlative, mention: Mention) {
        if self.subject.is_none() && superlative.limit.is_none() {
            let function = match superlative.descending {
                true => Function::Maximum,
                false => Function::Minimum,
            };
            self.measure = Some((function, Some(mention), None));
        } else {
            self.rank = Some(Ranking {
                superlative,
                words: mention.words.clone(),
                column: Some(mention),
                by_measure: false,
            });
        }
    }

    /// "top 3 departments by number of students": what they are ranked by is counted.
    pub(super) fn by_measure(&mut self, by: bool, words: &str) -> Result<(), Decline> {
        if by {
            let rank = self.rank.as_mut().filter(|rank| rank.column.is_none());
            rank.ok_or_else(|| Decline::Word(words.to_owned()))?.by_measure = true;
        }
        Ok(())
    }

    /// Measures the entity: for each of what is already listed, or on its own.
    pub(super) fn measured(
        &mut self,
        function: Function,
        entity: Entity,
        words: &str,
    ) -> Result<(), Decline> {
        if self.subject.is_none()
            && let Some(first) = self.columns_first.first()
        {
            let entity = self.only_table(first)?;
            self.subject = Some(entity);
            self.mention(Entity::table(entity), false);
        }
        if function != Function::Count && self.sole_number(entity.table).is_none() {
            return Err(Decline::Word(words.to_owned()));
        }
        self.measure = Some((function, None, Some(entity.table)));
        match self.subject {
            Some(subject) => self.keys.push((Some(Key::Entity(Entity::table(subject))), None)),
            None => self.subject = Some(entity.table),
        }
        self.mention(entity, false);
        Ok(())
    }

    /// The first table is the subject, but for one that the column to measure is not of.
    pub(super) fn becomes_subject(&self, entity: Entity) -> bool {
        let fits = |mention: &Mention| mention.options.iter().any(|o| o.table == entity.table);
        match &self.measure {
            Some((_, Some(mention), _)) => fits(mention),
            _ => entity.via.is_none(),
        }
    }

    /// Whether what comes next can only be said of the subject.
    pub(super) fn speaks_of_subject(&self) -> bool {
        let last = self.restrictions.get(self.at).map(|restriction| restriction.entity);
        last.is_some() && last == self.subject.map(Entity::table)
    }

    /// Declines a link that the sentence does not settle: "students in departments with courses"
    /// may speak of the students' courses or of the departments'. And "students with departments"
    /// (`bare`) may ask to show them, or only for those who have one.
    pub(super) fn attaches(
        &self,
        entity: Entity,
        negated: bool,
        bare: bool,
        words: &str,
    ) -> Result<(), Decline> {
        let measured = self.measure.as_ref().and_then(|(_, mention, table)| match mention {
            Some(mention) => only(mention.options.iter()).map(|option| option.table),
            None => *table,
        });
        let Some(base) = measured.or(self.subject) else {
            return Err(Decline::Word(words.to_owned()));
        };
        let direct = path(self.schema, base, entity)?;
        let unclear = |what: &str| Err(Decline::Ambiguous(words.to_owned(), what.to_owned()));
        if bare && !negated && is_to_one(&direct) && !direct.is_empty() {
            return unclear("to be shown, or to be there");
        }
        let Some(last) = self.restrictions.get(self.at).map(|restriction| restriction.entity)
        else {
            return Ok(());
        };
        let Ok(onward) = path(self.schema, last.table, entity) else {
            return Ok(());
        };
        let through = [path(self.schema, base, last)?, onward].concat();
        if last.table == base || through == direct && is_to_one(&through) && !negated {
            return Ok(());
        }
        let title = |table: usize| format!("`{}`", self.schema.title(table));
        unclear(&format!("a link to {} or to {}", title(base), title(last.table)))
    }
}
