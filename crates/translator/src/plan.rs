//! What a question asks, once it is understood: tables and columns by their places in the schema.

use crate::decline::Decline;
use crate::join::Entity;
use crate::lexicon::Attribute;
use crate::period::Period;
use crate::schema::Schema;

#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// What is listed; with a measure and no keys of its own, what is measured.
    pub(crate) subject: usize,
    pub(crate) shown: Shown,
    /// Other things shown beside each row of the subject ("and their departments").
    pub(crate) extras: Vec<Extra>,
    pub(crate) restrictions: Vec<Restriction>,
    pub(crate) measure: Option<Measure>,
    /// What the measure is grouped by.
    pub(crate) keys: Vec<Key>,
    /// Keeps the groups whose measure compares so.
    pub(crate) having: Option<(Operator, String)>,
    pub(crate) rank: Option<Rank>,
    /// An order that the question asks for: column, descending.
    pub(crate) sort: Option<(usize, bool)>,
}

/// Which columns of a table are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shown {
    All,
    /// Its name, and these.
    Named(Vec<usize>),
    Only(Vec<usize>),
}

/// Columns of a linked table; its name where there are none.
#[derive(Debug, Clone)]
pub(crate) struct Extra {
    pub(crate) entity: Entity,
    pub(crate) columns: Vec<usize>,
}

/// One thing that a row must be linked to (or be, where it is the subject), with what holds of it.
#[derive(Debug, Clone)]
pub(crate) struct Restriction {
    pub(crate) entity: Entity,
    pub(crate) tests: Vec<Test>,
    /// There must be no such thing.
    pub(crate) negated: bool,
    /// It was said before any measure, so it holds of what is listed, not of what is measured.
    pub(crate) of_listed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Test {
    /// It is called so. The text is taken as it stands: it was quoted or written as a name, and
    /// two names that differ in case may be two things.
    Called(String),
    Compares(usize, Operator, Value),
    /// Its time is within, before or after the period, by the operator.
    Falls(usize, Operator, Period),
    IsNull(usize),
    /// It has begun (where the start is known) and not ended: columns of the start and the end.
    IsActive(Option<usize>, usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Number(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// `function` over the rows of `table`: of one of its columns, or of the rows themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Measure {
    pub(crate) function: Function,
    pub(crate) table: usize,
    pub(crate) column: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Count,
    Sum,
    Average,
    Minimum,
    Maximum,
}

/// What makes a group: each row of a table, or each value of a column.
#[derive(Debug, Clone)]
pub(crate) enum Key {
    Entity(Entity),
    Column(Entity, Attribute),
}

/// The first `limit` by a column or the measure; without a limit, all that tie for first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rank {
    pub(crate) descending: bool,
    pub(crate) limit: Option<u32>,
    /// `None`: by the measure.
    pub(crate) column: Option<usize>,
}

impl Test {
    /// Whether no one row can pass both.
    pub(crate) fn excludes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Called(_), Self::Called(_)) => true,
            (
                Self::Compares(column, Operator::Equal, _),
                Self::Compares(other, Operator::Equal, _),
            ) => column == other,
            _ => false,
        }
    }
}

impl Key {
    pub(crate) fn entity(&self) -> Entity {
        match self {
            Self::Entity(entity) | Self::Column(entity, _) => *entity,
        }
    }
}

impl Plan {
    /// The one entity whose every row is a group, so that a row without any match counts zero.
    pub(crate) fn sole_key(&self) -> Option<Entity> {
        match self.keys[..] {
            [Key::Entity(entity)] => Some(entity),
            _ => None,
        }
    }

    /// The table whose rows are listed, one a line.
    pub(crate) fn listed(&self) -> usize {
        self.sole_key().map_or(self.subject, |entity| entity.table)
    }

    /// Declines what the parts say singly but not together.
    pub(crate) fn is_askable(&self, schema: &Schema) -> Result<(), Decline> {
        let refuse = |reason: &str| Err(Decline::Unclear(reason.to_owned()));
        let Some(measure) = self.measure else {
            if !self.keys.is_empty() {
                return refuse("there is nothing to count or sum for `each`");
            }
            return Ok(());
        };
        if self.keys.iter().any(|key| matches!(key, Key::Entity(e) if e.table == measure.table)) {
            return refuse("each row would be measured by itself");
        }
        if self.keys.is_empty() && (self.having.is_some() || self.rank.is_some()) {
            return refuse("it is not said what is compared");
        }
        let only_keys = self.sole_key().is_some_and(|key| key == Entity::table(self.subject));
        let shows_more = self.shown != Shown::All && !only_keys;
        if !self.extras.is_empty() || self.sort.is_some() || shows_more {
            let title = schema.title(measure.table);
            return Err(Decline::Unclear(format!(
                "other columns do not go together with a measure of `{title}`"
            )));
        }
        if self.rank.is_some_and(|rank| rank.column.is_some()) {
            return refuse("a ranking by a column does not go together with a measure");
        }
        Ok(())
    }
}
