//! The end of the question: what was left open is settled now, or the question declined.

use super::{Mention, Pending, Ranking, Reading, only};
use crate::decline::Decline;
use crate::join::{self, Entity};
use crate::plan::{Extra, Function, Key, Measure, Plan, Rank, Shown};
use crate::schema::Kind;
use crate::words::related;

impl Reading<'_> {
    /// The plan; `last` is the question's last phrase, for the message if it leads nowhere.
    pub(super) fn finish(mut self, last: &str) -> Result<Plan, Decline> {
        let measure = self.settle_measure()?;
        let subject = match (self.subject, measure, self.columns_first.first()) {
            (Some(subject), ..) => subject,
            (None, Some(measure), _) => measure.table,
            (None, None, Some(mention)) => self.only_table(mention)?,
            (None, None, None) => return Err(Decline::NoSubject),
        };
        self.subject = Some(subject);
        let mut keys = self.settle_keys(measure)?;
        if keys.is_empty() && measure.is_some_and(|measure| measure.table != subject) {
            keys.push(Key::Entity(Entity::table(subject)));
        }
        let (shown, extras) = self.settle_shown(subject)?;
        self.restrictions.retain(|restriction| {
            let is_key = keys.iter().any(|key| key.entity() == restriction.entity);
            let is_extra = extras.iter().any(|extra| extra.entity == restriction.entity);
            !restriction.tests.is_empty() || restriction.negated || !is_key && !is_extra
        });
        let rank = match self.rank.take() {
            Some(ranking) => Some(self.settle_rank(subject, &ranking, measure)?),
            None => None,
        };
        let sort = match self.sort.take() {
            Some((mention, descending)) => Some((self.own_column(subject, &mention)?, descending)),
            None => None,
        };
        let plan = Plan {
            subject,
            shown,
            extras,
            restrictions: self.restrictions.clone(),
            measure,
            keys,
            having: self.having.clone(),
            rank,
            sort,
        };
        self.links_hold(&plan)?;
        self.pending.settled(&plan, last)?;
        plan.is_askable(self.schema)?;
        Ok(plan)
    }

    fn settle_measure(&self) -> Result<Option<Measure>, Decline> {
        let (function, mention, table) = match &self.measure {
            None => return Ok(None),
            Some((function, None, table)) => (*function, None, *table),
            Some((function, Some(mention), _)) => (*function, Some(mention), None),
        };
        let (table, column) = match (mention, table) {
            (Some(mention), _) => {
                let of_subject = mention.options.iter().filter(|o| Some(o.table) == self.subject);
                let attribute = only(of_subject)
                    .or_else(|| only(mention.options.iter()))
                    .ok_or_else(|| self.ambiguous(mention))?;
                match attribute.columns[..] {
                    [column] => (attribute.table, Some(column)),
                    _ => return Err(Decline::Word(mention.words.clone())),
                }
            }
            (None, Some(table)) if function == Function::Count => (table, None),
            (None, Some(table)) => (table, self.sole_number(table)),
            (None, None) => return Err(Decline::NoSubject),
        };
        if let Some(column) = column {
            let kind = self.schema.tables[table].columns[column].kind;
            let fits = match function {
                Function::Sum | Function::Average => kind.is_number(),
                _ => !matches!(kind, Kind::Boolean | Kind::Other),
            };
            if !fits {
                let name = &self.schema.tables[table].columns[column].name.name;
                return Err(Decline::Unclear(format!("`{name}` is not a number")));
            }
        }
        Ok(Some(Measure { function, table, column }))
    }

    fn settle_keys(&self, measure: Option<Measure>) -> Result<Vec<Key>, Decline> {
        let mut keys = Vec::new();
        for key in &self.keys {
            keys.push(match key {
                (Some(key), _) => key.clone(),
                (None, Some(mention)) => {
                    let measured = measure.map(|measure| measure.table);
                    let own = mention.options.iter().filter(|o| Some(o.table) == measured);
                    let attribute = only(own)
                        .or_else(|| only(mention.options.iter()))
                        .ok_or_else(|| self.ambiguous(mention))?;
                    let entity = mention.owner.unwrap_or(Entity::table(attribute.table));
                    Key::Column(entity, attribute.clone())
                }
                (None, None) => return Err(Decline::NoSubject),
            });
        }
        Ok(keys)
    }

    /// The columns to show, of the subject and of what is linked to it.
    fn settle_shown(&self, subject: usize) -> Result<(Shown, Vec<Extra>), Decline> {
        let labelled = |entity: &Entity| Extra { entity: *entity, columns: Vec::new() };
        let mut extras: Vec<Extra> = self.extras.iter().map(labelled).collect();
        let mentions = self.columns_first.iter().chain(&self.columns_after);
        let mut own = Vec::new();
        for mention in mentions.clone() {
            let of_subject = only(mention.options.iter().filter(|o| o.table == subject));
            let is_own = mention.owner.is_none_or(|owner| owner == Entity::table(subject));
            if let Some(attribute) = of_subject.filter(|_| is_own) {
                own.extend(attribute.columns.iter().copied());
                continue;
            }
            let attribute = only(mention.options.iter()).ok_or_else(|| self.ambiguous(mention))?;
            extras.push(Extra {
                entity: mention.owner.unwrap_or(self.entity_of(attribute.table)),
                columns: attribute.columns.clone(),
            });
        }
        let shown = match (mentions.count(), self.columns_first.is_empty()) {
            (0, _) if extras.is_empty() => Shown::All,
            (_, true) => Shown::Named(own),
            (_, false) => Shown::Only(own),
        };
        Ok((shown, extras))
    }

    fn settle_rank(
        &self,
        subject: usize,
        ranking: &Ranking,
        measure: Option<Measure>,
    ) -> Result<Rank, Decline> {
        let superlative = ranking.superlative;
        let column = match &ranking.column {
            Some(mention) => Some(self.own_column(subject, mention)?),
            None if ranking.by_measure && measure.is_some() => None,
            None if superlative.of_time && measure.is_none() => {
                let columns = self.time_columns(Entity::table(subject));
                Some(only(columns.into_iter()).ok_or_else(|| {
                    let title = self.schema.title(subject);
                    Decline::Unclear(format!("it is not clear which date of `{title}` is meant"))
                })?)
            }
            None => {
                let reason = format!("it is not said by what `{}` are ranked", ranking.words);
                return Err(Decline::Unclear(reason));
            }
        };
        Ok(Rank { descending: superlative.descending, limit: superlative.limit, column })
    }

    fn own_column(&self, subject: usize, mention: &Mention) -> Result<usize, Decline> {
        let own = only(mention.options.iter().filter(|o| o.table == subject));
        match own.map(|attribute| &attribute.columns[..]) {
            Some([column]) => Ok(*column),
            _ => Err(Decline::Word(mention.words.clone())),
        }
    }

    /// Every entity is linked, and every verb names something on the way.
    fn links_hold(&self, plan: &Plan) -> Result<(), Decline> {
        let from = plan.measure.map_or(plan.subject, |measure| measure.table);
        let listed = plan.listed();
        let restrictions = plan.restrictions.iter().map(|r| {
            let start = if r.of_listed { listed } else { from };
            (start, r.entity)
        });
        let keys = plan.keys.iter().map(|key| (from, key.entity()));
        let extras = plan.extras.iter().map(|extra| (plan.subject, extra.entity));
        let mut tables = vec![from, plan.subject];
        for (start, entity) in keys.chain(extras).chain(restrictions) {
            let way = join::path(self.schema, start, entity)?;
            tables.extend(way.iter().map(|step| step.leads_to(self.schema)));
        }
        let explained = |verb: &&String| {
            tables.iter().any(|table| {
                let table = &self.schema.tables[*table];
                let columns = table.columns.iter().map(|column| &column.name.name);
                let mut words = columns.chain([&table.name.name]).flat_map(|n| n.split('_'));
                words.any(|word| related(verb, word))
            })
        };
        match self.verbs.iter().find(|verb| !explained(verb)) {
            Some(verb) => Err(Decline::Word(verb.clone())),
            None => Ok(()),
        }
    }
}

impl Pending {
    /// Declines where a word still waits for its noun.
    fn settled(&self, plan: &Plan, last: &str) -> Result<(), Decline> {
        // "… and the number of courses in each": of what was listed.
        let each = self.each && plan.keys.is_empty();
        let waits = each
            || self.with
            || self.without
            || self.by
            || self.sorted
            || self.their
            || self.active
            || self.function.is_some()
            || self.compare.is_some()
            || self.superlative.is_some()
            || self.most.is_some();
        if waits { Err(Decline::Word(last.to_owned())) } else { Ok(()) }
    }
}
