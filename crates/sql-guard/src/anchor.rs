//! Places where a text means "now", and the literals of an as-of that take their place.
//!
//! A literal is written `CAST('…' AS …)`: it binds as tightly as the call it replaces, whatever
//! stands around it, and may stand in `FROM`.

use std::ops::Range;

use jiff::civil::{Date, Time};
use jiff::{ToSpan, Zoned, tz::TimeZone};
use pg_query::NodeEnum as N;
use pg_query::protobuf::{FuncCall, Node, SqlValueFunctionOp as Op};

use crate::refusal::Refusal;
use crate::walk::built_in;

/// One place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// What it means.
    pub kind: AnchorKind,
    /// The bytes of [`Accepted::sql`](crate::Accepted::sql) that are replaced; empty for
    /// [`AnchorKind::Age`], which only adds.
    pub range: Range<usize>,
}

/// What a place means. A precision is a number of digits of the second, as in `LOCALTIME(0)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnchorKind {
    /// `now()`, `transaction_timestamp()`, `CURRENT_TIMESTAMP`: the instant.
    Instant {
        /// Digits of the second.
        precision: Option<u8>,
    },
    /// `CURRENT_DATE`.
    Date,
    /// `CURRENT_TIME`, with its offset.
    Time {
        /// Digits of the second.
        precision: Option<u8>,
    },
    /// `LOCALTIMESTAMP`.
    LocalTimestamp {
        /// Digits of the second.
        precision: Option<u8>,
    },
    /// `LOCALTIME`.
    LocalTime {
        /// Digits of the second.
        precision: Option<u8>,
    },
    /// `age(x)`: the missing first argument, the day's beginning.
    Age,
    /// A string such as `'today'`, cast to a type of dates or times.
    Word(Word, DateType),
}

/// A word that PostgreSQL reads as a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// The instant.
    Now,
    /// The beginning of the day before, of the day, or of the day after.
    Day {
        /// -1 for `yesterday`, 0 for `today`, 1 for `tomorrow`.
        offset: i8,
    },
}

/// The type that a word is cast to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateType {
    /// `date`
    Date,
    /// `timestamp without time zone`
    Timestamp,
    /// `timestamp with time zone`
    TimestampTz,
    /// `time without time zone`
    Time,
    /// `time with time zone`
    TimeTz,
}

impl Anchor {
    /// The text that stands for it at `as_of`.
    pub(crate) fn literal(&self, as_of: &Zoned) -> String {
        let digits =
            |precision: Option<u8>| precision.map_or_else(String::new, |p| format!("({p})"));
        match self.kind {
            AnchorKind::Instant { precision } => {
                format!(
                    "CAST('{}' AS timestamp{} with time zone)",
                    instant(as_of),
                    digits(precision)
                )
            }
            AnchorKind::Date => cast_date(as_of.date()),
            AnchorKind::Time { precision } => {
                format!(
                    "CAST('{}' AS time{} with time zone)",
                    offset_time(as_of),
                    digits(precision)
                )
            }
            AnchorKind::LocalTimestamp { precision } => {
                format!("CAST('{}' AS timestamp{})", local(as_of), digits(precision))
            }
            AnchorKind::LocalTime { precision } => {
                format!("CAST('{}' AS time{})", local_time(as_of), digits(precision))
            }
            AnchorKind::Age => format!("{}, ", cast_date(as_of.date())),
            AnchorKind::Word(word, date_type) => format!("'{}'", word.value(date_type, as_of)),
        }
    }
}

impl Word {
    /// The word that `text` is, alone.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let words = [
            ("now", Self::Now),
            ("yesterday", Self::Day { offset: -1 }),
            ("today", Self::Day { offset: 0 }),
            ("tomorrow", Self::Day { offset: 1 }),
        ];
        let text = text.trim();
        words.into_iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|(_, it)| it)
    }

    /// Whether `text` holds one among others, as `'tomorrow 04:00'` does.
    pub(crate) fn within(text: &str) -> bool {
        text.split(|c: char| !c.is_ascii_alphabetic()).any(|word| Self::of(word).is_some())
    }

    /// Whether a type of time, of ranges or of arrays of them would read a time word in `text`:
    /// `'tomorrow 04:00'`, `'{today,tomorrow}'`, but not `'please call now'`.
    pub(crate) fn time_like(text: &str) -> bool {
        let among = ["am", "pm", "z", "t", "utc", "gmt", "allballs"];
        let mut words =
            text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
        Self::within(text)
            && words.all(|word| {
                Self::of(word).is_some() || among.contains(&word.to_ascii_lowercase().as_str())
            })
    }

    fn value(self, date_type: DateType, as_of: &Zoned) -> String {
        let Self::Day { offset } = self else {
            return match date_type {
                DateType::Date => as_of.date().to_string(),
                DateType::Timestamp => local(as_of),
                DateType::TimestampTz => instant(as_of),
                DateType::Time => local_time(as_of),
                DateType::TimeTz => offset_time(as_of),
            };
        };
        let date = as_of.date().saturating_add(i64::from(offset).days());
        match date_type {
            DateType::Date => date.to_string(),
            DateType::TimestampTz => date
                .to_zoned(as_of.time_zone().clone())
                .map_or_else(|_| date.to_string(), |midnight| instant(&midnight)),
            _ => date.to_datetime(Time::midnight()).strftime("%F %T").to_string(),
        }
    }
}

const INSTANTS: [&str; 2] = ["now", "transaction_timestamp"];

/// The name that PostgreSQL gives to an output column, where that is the name of an anchor
/// (`FigureColname` in its `parse_target.c`).
pub(crate) fn column_name(node: &Node) -> Option<&'static str> {
    match node.node.as_ref()? {
        N::SqlvalueFunction(function) => match function.op() {
            Op::SvfopCurrentDate => Some("current_date"),
            Op::SvfopCurrentTime | Op::SvfopCurrentTimeN => Some("current_time"),
            Op::SvfopCurrentTimestamp | Op::SvfopCurrentTimestampN => Some("current_timestamp"),
            Op::SvfopLocaltime | Op::SvfopLocaltimeN => Some("localtime"),
            Op::SvfopLocaltimestamp | Op::SvfopLocaltimestampN => Some("localtimestamp"),
            _ => None,
        },
        N::FuncCall(call) => instant_call(call),
        N::TypeCast(cast) => column_name(cast.arg.as_deref()?),
        N::CollateClause(collation) => column_name(collation.arg.as_deref()?),
        N::CaseExpr(case) => column_name(case.defresult.as_deref()?),
        N::AIndirection(indirection) => {
            let named =
                indirection.indirection.iter().any(|step| matches!(step.node, Some(N::String(_))));
            if named { None } else { column_name(indirection.arg.as_deref()?) }
        }
        _ => None,
    }
}

/// Where an anchor's node says it stands.
pub(crate) fn location(node: &Node) -> i32 {
    match &node.node {
        Some(N::SqlvalueFunction(function)) => function.location,
        Some(N::FuncCall(call)) => call.location,
        Some(N::TypeCast(cast)) => cast.location,
        _ => -1,
    }
}

/// A place the lexer cannot find again, such as a string with a `UESCAPE`.
pub(crate) fn unplaced(construct: &str, location: i32) -> Refusal {
    Refusal::new(
        construct,
        location,
        "it cannot be anchored to the time of the run as it is written",
        "write now() or current_date",
    )
}

fn instant_call(call: &FuncCall) -> Option<&'static str> {
    let name = built_in(&call.funcname)?;
    INSTANTS.into_iter().find(|instant| *instant == name)
}

/// Whether a call of that name is replaced whole by a literal, which takes no `OVER` nor `FILTER`.
pub(crate) fn is_instant(name: &str) -> bool {
    INSTANTS.contains(&name)
}

fn cast_date(date: Date) -> String {
    format!("CAST('{date}' AS date)")
}

fn instant(as_of: &Zoned) -> String {
    as_of.with_time_zone(TimeZone::UTC).strftime("%F %T%.f+00").to_string()
}

fn local(as_of: &Zoned) -> String {
    as_of.strftime("%F %T%.f").to_string()
}

fn local_time(as_of: &Zoned) -> String {
    as_of.strftime("%T%.f").to_string()
}

fn offset_time(as_of: &Zoned) -> String {
    as_of.strftime("%T%.f%:z").to_string()
}
