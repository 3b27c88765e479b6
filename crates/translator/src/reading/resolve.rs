//! Which table or column a word stands for, among all that are called so.

use super::{Mention, Reading, only};
use crate::decline::Decline;
use crate::join::Entity;
use crate::lexicon::Attribute;
use crate::schema::Kind;
use crate::words::related;

impl Reading<'_> {
    /// The time column whose noun has the verb's root: of the last mention, else of the subject.
    pub(super) fn verb_column(&self, verb: &str) -> Result<(Entity, usize), Decline> {
        self.here()
            .find_map(|entity| {
                let columns = self.time_columns(entity).into_iter().filter(|column| {
                    let name = &self.schema.tables[entity.table].columns[*column].name.name;
                    name.split('_').any(|word| related(verb, word))
                });
                only(columns).map(|column| (entity, column))
            })
            .ok_or_else(|| Decline::Word(verb.to_owned()))
    }

    /// The only time column of the last mention, else of the subject.
    pub(super) fn time_column(&self, words: &str) -> Result<(Entity, usize), Decline> {
        let entity = self.here().next().ok_or(Decline::NoSubject)?;
        only(self.time_columns(entity).into_iter()).map(|column| (entity, column)).ok_or_else(
            || {
                let title = self.schema.title(entity.table);
                Decline::Unclear(format!("`{words}` does not say which date of `{title}` is meant"))
            },
        )
    }

    /// Dates, timestamps, and numbers that are a year.
    pub(super) fn time_columns(&self, entity: Entity) -> Vec<usize> {
        let columns = self.schema.tables[entity.table].columns.iter().enumerate();
        let is_time = |column: &crate::schema::Column| {
            let is_year = || column.name.name.split('_').any(|word| word == "year");
            column.kind.is_time() || column.kind == Kind::Integer && is_year()
        };
        columns.filter(|(_, column)| is_time(column)).map(|(place, _)| place).collect()
    }

    pub(super) fn is_time(&self, mention: &Mention) -> bool {
        self.resolve(mention)
            .is_ok_and(|(entity, column)| self.time_columns(entity).contains(&column))
    }

    /// The entities that a bare column may be of, the nearest first.
    pub(super) fn here(&self) -> impl Iterator<Item = Entity> {
        let at = self.restrictions.get(self.at).map(|restriction| restriction.entity);
        at.into_iter().chain(self.subject.map(Entity::table))
    }

    /// The one column that the mention names, and the entity that it is of.
    pub(super) fn resolve(&self, mention: &Mention) -> Result<(Entity, usize), Decline> {
        let attribute = self.pick(mention).ok_or_else(|| self.ambiguous(mention))?;
        match attribute.columns[..] {
            [column] => Ok((mention.owner.unwrap_or(self.entity_of(attribute.table)), column)),
            _ => Err(Decline::Word(mention.words.clone())),
        }
    }

    /// A table as it was mentioned, by a reference if it was.
    pub(super) fn entity_of(&self, table: usize) -> Entity {
        self.here().find(|entity| entity.table == table).unwrap_or(Entity::table(table))
    }

    /// Of the columns called so, that of the nearest entity, else the only one.
    pub(super) fn pick<'m>(&self, mention: &'m Mention) -> Option<&'m Attribute> {
        let of = |table: usize| only(mention.options.iter().filter(|o| o.table == table));
        self.here().find_map(|entity| of(entity.table)).or_else(|| only(mention.options.iter()))
    }

    /// The table of a column that came before any table was named.
    pub(super) fn only_table(&self, mention: &Mention) -> Result<usize, Decline> {
        let option = only(mention.options.iter()).ok_or_else(|| self.ambiguous(mention))?;
        match mention.owner.and_then(|owner| owner.via) {
            Some(_) => Err(Decline::Word(mention.words.clone())),
            None => Ok(option.table),
        }
    }

    pub(super) fn ambiguous(&self, mention: &Mention) -> Decline {
        let titles: Vec<String> =
            mention.options.iter().map(|o| format!("`{}`", self.schema.title(o.table))).collect();
        let reason = format!("a column of {}", titles.join(", "));
        Decline::Ambiguous(mention.words.clone(), reason)
    }

    /// Of the entities that the phrase names, the one that a table in play refers to.
    pub(super) fn choose(&self, options: &[Entity], words: &str) -> Result<Entity, Decline> {
        let near = |entity: &&Entity| {
            let owner = entity.via.map(|(owner, _)| owner);
            owner.is_some_and(|owner| self.here().any(|here| here.table == owner))
        };
        only(options.iter()).or_else(|| only(options.iter().filter(near))).copied().ok_or_else(
            || {
                let titles = options.iter().map(|entity| {
                    let owner = entity.via.map_or(entity.table, |(owner, _)| owner);
                    format!("`{}`", self.schema.title(owner))
                });
                let titles = titles.collect::<Vec<_>>().join(", ");
                Decline::Ambiguous(words.to_owned(), titles)
            },
        )
    }

    /// The only column of the table that is a quantity: a number, no key and no year.
    pub(super) fn sole_number(&self, table: usize) -> Option<usize> {
        let owner = &self.schema.tables[table];
        let years = self.time_columns(Entity::table(table));
        only((0..owner.columns.len()).filter(|column| {
            owner.columns[*column].kind.is_number()
                && !owner.primary_key.contains(column)
                && !owner.is_reference(*column)
                && !years.contains(column)
        }))
    }
}
