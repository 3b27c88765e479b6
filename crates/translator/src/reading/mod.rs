//! Chunks to a plan, from left to right. A chunk that no rule takes makes the question declined.
//!
//! Small chunks ("with", "each", "how many") wait in [`Pending`] for the noun that they belong to;
//! one that still waits at the end was not understood.

mod conditions;
mod finish;
mod nouns;
mod resolve;

use crate::chunk::{Chunk, Piece};
use crate::decline::Decline;
use crate::join::Entity;
use crate::lexicon::Attribute;
use crate::period::Period;
use crate::plan::{Function, Key, Operator, Plan, Restriction, Value};
use crate::schema::Schema;

/// Reads all of the chunks, or declines.
pub(crate) fn read(schema: &Schema, pieces: &[Piece]) -> Result<Plan, Decline> {
    let mut reading = Reading {
        schema,
        pending: Pending::default(),
        subject: None,
        columns_first: Vec::new(),
        columns_after: Vec::new(),
        extras: Vec::new(),
        restrictions: Vec::new(),
        at: 0,
        measure: None,
        keys: Vec::new(),
        having: None,
        rank: None,
        sort: None,
        verbs: Vec::new(),
        last_time: None,
    };
    let chunks: Vec<Chunk> = pieces.iter().map(|piece| piece.chunk.clone()).collect();
    let mut place = 0;
    while place < chunks.len() {
        let words = &pieces[place].words;
        place += reading.step(&chunks[place..], words)?;
    }
    let last = pieces.last().map_or("", |piece| piece.words.as_str());
    reading.finish(last)
}

/// A column as the question named it, before it is known which table is meant.
#[derive(Debug, Clone)]
struct Mention {
    options: Vec<Attribute>,
    owner: Option<Entity>,
    words: String,
}

impl Mention {
    fn new(options: &[Attribute], owner: Option<Entity>, words: &str) -> Self {
        Self { options: options.to_vec(), owner, words: words.to_owned() }
    }
}

/// What the small words just read say of the next noun.
#[derive(Debug, Default)]
struct Pending {
    /// A preposition or "with": the noun restricts.
    links: bool,
    with: bool,
    and: bool,
    their: bool,
    without: bool,
    each: bool,
    by: bool,
    sorted: bool,
    active: bool,
    function: Option<Function>,
    compare: Option<(Operator, String)>,
    superlative: Option<Superlative>,
    /// "the most courses" (or, if false, the fewest).
    most: Option<bool>,
}

impl Pending {
    /// How many of the words that a noun can obey only one of wait for it.
    fn demands(&self) -> usize {
        let demands = [
            self.without,
            self.each,
            self.sorted,
            self.function.is_some(),
            self.compare.is_some(),
            self.superlative.is_some(),
            self.most.is_some(),
        ];
        demands.into_iter().filter(|demand| *demand).count()
    }

    /// Whether nothing waits for a noun but what a later one can still take ("how many").
    fn only_links(&self) -> bool {
        self.demands() == usize::from(self.function.is_some())
    }
}

#[derive(Debug, Clone, Copy)]
struct Superlative {
    descending: bool,
    of_time: bool,
    limit: Option<u32>,
}

/// A superlative and the column that it ranks by, once that was named.
struct Ranking {
    superlative: Superlative,
    column: Option<Mention>,
    by_measure: bool,
    words: String,
}

struct Reading<'a> {
    schema: &'a Schema,
    pending: Pending,
    subject: Option<usize>,
    /// "names and emails of employees": these columns and no others.
    columns_first: Vec<Mention>,
    /// "courses with their credits": these beside the name.
    columns_after: Vec<Mention>,
    extras: Vec<Entity>,
    restrictions: Vec<Restriction>,
    /// The restriction of the noun that was mentioned last.
    at: usize,
    measure: Option<(Function, Option<Mention>, Option<usize>)>,
    keys: Vec<(Option<Key>, Option<Mention>)>,
    having: Option<(Operator, String)>,
    rank: Option<Ranking>,
    sort: Option<(Mention, bool)>,
    verbs: Vec<String>,
    /// The column that a time was last compared with.
    last_time: Option<(Entity, usize)>,
}

type Taken = Result<usize, Decline>;

impl Reading<'_> {
    /// Takes the chunks of one rule; says how many they were.
    fn step(&mut self, rest: &[Chunk], words: &str) -> Taken {
        use Chunk as C;
        let unknown = || Decline::Word(words.to_owned());
        if matches!(rest[0], C::Verb(_) | C::When(_) | C::Active) {
            // "… and hired before 2019": what joins a verb or a time to the rest adds nothing.
            self.pending.and = false;
            self.pending.links = false;
        }
        match rest {
            [C::Verb(verb), tail @ ..] => match when(tail) {
                Some((operator, period, length)) => {
                    self.pending.only_links().then_some(()).ok_or_else(unknown)?;
                    let (entity, column) = self.verb_column(verb)?;
                    self.falls(entity, column, operator, period)?;
                    Ok(1 + length)
                }
                None => {
                    self.verbs.push(verb.clone());
                    Ok(1)
                }
            },
            [C::Column { options, owner }, tail @ ..] => {
                self.column(Mention::new(options, *owner, words), tail)
            }
            // "Fall semester", "5 credits"
            [C::Text(_) | C::Number(_), C::Column { options, owner }, ..] => {
                let value = match &rest[0] {
                    C::Number(number) => Value::Number(number.clone()),
                    _ => Value::Text(words.to_owned()),
                };
                self.pending.only_links().then_some(()).ok_or_else(unknown)?;
                let mention = Mention::new(options, *owner, words);
                self.compare(&mention, Operator::Equal, value)?;
                self.pending = Pending { function: self.pending.function, ..Pending::default() };
                Ok(2)
            }
            [C::Text(text), C::Entity { options, plural: false }, ..] => {
                self.entity(options, false, Some(text), words)?;
                Ok(2)
            }
            [C::Entity { options, plural: false }, C::Text(text), tail @ ..]
                if !starts_with_entity(tail) =>
            {
                self.entity(options, false, Some(text), words)?;
                Ok(2)
            }
            [C::Entity { options, plural: false }, C::Of, C::Text(text), tail @ ..]
                if !starts_with_entity(tail) =>
            {
                self.entity(options, false, Some(text), words)?;
                Ok(3)
            }
            [C::Entity { options, plural }, ..] => {
                self.entity(options, *plural, None, words)?;
                Ok(1)
            }
            _ => match when(rest) {
                Some((operator, period, length)) if self.subject.is_some() => {
                    // "after 2022 and before 2025" speaks of one column.
                    let again = self.last_time.filter(|_| self.pending.and);
                    let (entity, column) = again.map_or_else(|| self.time_column(words), Ok)?;
                    self.pending.and = false;
                    self.falls(entity, column, operator, period)?;
                    Ok(length)
                }
                _ => self.small(rest).ok_or_else(unknown)?,
            },
        }
    }

    /// A chunk that waits for its noun; `None` where it stands in a place of no meaning.
    fn small(&mut self, rest: &[Chunk]) -> Option<Taken> {
        use Chunk as C;
        let pending = &mut self.pending;
        match rest {
            // "the total number of" is one measure.
            [C::Aggregate(Function::Sum), C::Count, ..] => {
                pending.function = Some(Function::Count);
                return Some(Ok(2));
            }
            [C::Count, ..] if pending.function.is_none() => {
                pending.function = Some(Function::Count);
            }
            [C::Aggregate(function), ..] if pending.function.is_none() => {
                pending.function = Some(*function);
            }
            [C::Superlative { descending, of_time }, C::Number(number), ..]
            | [C::Number(number), C::Superlative { descending, of_time }, ..] => {
                pending.superlative = Some(Superlative {
                    descending: *descending,
                    of_time: *of_time,
                    limit: Some(number.parse().ok().filter(|limit| *limit > 0)?),
                });
                return Some(Ok(2));
            }
            [C::Superlative { descending, of_time }, ..] => {
                pending.superlative =
                    Some(Superlative { descending: *descending, of_time: *of_time, limit: None });
            }
            [C::Most { descending }, C::Entity { .. }, ..] => pending.most = Some(*descending),
            [C::Compare { operator, .. }, C::Number(number), ..] => {
                pending.compare = Some((*operator, number.clone()));
                return Some(Ok(2));
            }
            [C::Active, C::Entity { .. }, ..] => pending.active = true,
            [C::Active, ..] => {
                let entity = self.restrictions.get(self.at)?.entity;
                return Some(self.active(entity).map(|()| 1));
            }
            [C::Descending, ..] => self.sort.as_mut()?.1 = true,
            [C::Each, ..] => pending.each = true,
            [C::By, ..] => pending.by = true,
            [C::Sorted, C::By, ..] => {
                pending.sorted = true;
                return Some(Ok(2));
            }
            [C::And, ..] => pending.and = true,
            [C::Their, ..] => pending.their = true,
            [C::Without, ..] => pending.without = true,
            [C::With, ..] => pending.with = true,
            [C::In | C::Of, ..] => pending.links = true,
            _ => return None,
        }
        Some(Ok(1))
    }
}

/// The only item, if there is exactly one.
fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    items.next().filter(|_| items.next().is_none())
}

fn starts_with_entity(chunks: &[Chunk]) -> bool {
    matches!(chunks.first(), Some(Chunk::Entity { .. }))
}

/// A comparison with a time at the start of the chunks, and how many of them it takes.
fn when(chunks: &[Chunk]) -> Option<(Operator, Period, usize)> {
    use Chunk as C;
    let period = |chunk: &Chunk| match chunk {
        C::When(period) => Some(period.clone()),
        C::Number(number) => Period::year(number),
        _ => None,
    };
    match chunks {
        [C::Between, first, C::And, last, ..] => {
            Some((Operator::Equal, period(first)?.through(period(last)?), 4))
        }
        [C::Compare { operator, of_time: true }, time, ..] => Some((*operator, period(time)?, 2)),
        [C::In, time, ..] => Some((Operator::Equal, period(time)?, 2)),
        [C::When(period), ..] => Some((Operator::Equal, period.clone(), 1)),
        _ => None,
    }
}
