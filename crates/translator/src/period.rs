//! Spans of time that a question names, as SQL expressions over literals and `CURRENT_DATE`.

use jiff::ToSpan as _;
use jiff::civil::Date;

/// From `from` up to but not including `until`; `years` are its first and last, for columns that
/// hold a year alone, where the span is made of whole years.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) from: String,
    pub(crate) until: String,
    pub(crate) years: Option<(String, String)>,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    pub(crate) fn named(word: &str) -> Option<Self> {
        match word {
            "day" | "days" => Some(Self::Day),
            "week" | "weeks" => Some(Self::Week),
            "month" | "months" => Some(Self::Month),
            "year" | "years" => Some(Self::Year),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

impl Period {
    /// A year of four digits; `None` for any other number.
    pub(crate) fn year(number: &str) -> Option<Self> {
        let year: i16 = number.parse().ok().filter(|year| (1000..=2999).contains(year))?;
        Some(Self {
            from: literal(Date::new(year, 1, 1).ok()?),
            until: literal(Date::new(year + 1, 1, 1).ok()?),
            years: Some((year.to_string(), year.to_string())),
        })
    }

    /// A named month of a year: `("march", "2024")`.
    pub(crate) fn month(name: &str, year: &str) -> Option<Self> {
        let month = MONTHS.iter().position(|month| *month == name)?;
        let year = year.parse().ok().filter(|year| (1000..=2999).contains(year))?;
        let first = Date::new(year, i8::try_from(month).ok()? + 1, 1).ok()?;
        Self::span(first, first.checked_add(1.month()).ok()?)
    }

    /// One day, as `2026-11-22`.
    pub(crate) fn day(text: &str) -> Option<Self> {
        let day: Date = text.parse().ok()?;
        Self::span(day, day.tomorrow().ok()?)
    }

    /// The last `count` days, weeks, months or years, today included.
    pub(crate) fn last(count: &str, unit: Unit) -> Option<Self> {
        let count: u16 = count.parse().ok().filter(|count| *count > 0)?;
        let from = match unit {
            Unit::Day => format!("CURRENT_DATE - {count}"),
            Unit::Week => format!("CURRENT_DATE - {}", u32::from(count) * 7),
            Unit::Month | Unit::Year => {
                format!("CURRENT_DATE - INTERVAL '{count} {}s'", unit.name())
            }
        };
        let this_year = "EXTRACT(YEAR FROM CURRENT_DATE)";
        Some(Self {
            from,
            until: "CURRENT_DATE + 1".to_owned(),
            years: (unit == Unit::Year)
                .then(|| (format!("{this_year} - {count}"), this_year.to_owned())),
        })
    }

    /// The calendar day, week, month or year that is `back` units before today's.
    pub(crate) fn calendar(back: u8, unit: Unit) -> Self {
        let name = unit.name();
        let start = |offset: i16| {
            let truncated = format!("date_trunc('{name}', CURRENT_DATE)");
            match offset {
                0 => format!("{truncated}::date"),
                1 => format!("({truncated} + INTERVAL '1 {name}')::date"),
                _ => format!("({truncated} - INTERVAL '{} {name}')::date", -offset),
            }
        };
        let year = match back {
            0 => "EXTRACT(YEAR FROM CURRENT_DATE)".to_owned(),
            _ => format!("EXTRACT(YEAR FROM CURRENT_DATE) - {back}"),
        };
        Self {
            from: start(-i16::from(back)),
            until: start(1 - i16::from(back)),
            years: (unit == Unit::Year).then(|| (year.clone(), year)),
        }
    }

    /// From the start of this one to the end of the other.
    pub(crate) fn through(self, last: Self) -> Self {
        Self {
            from: self.from,
            until: last.until,
            years: self.years.zip(last.years).map(|(first, last)| (first.0, last.1)),
        }
    }

    fn span(from: Date, until: Date) -> Option<Self> {
        Some(Self { from: literal(from), until: literal(until), years: None })
    }
}

fn literal(date: Date) -> String {
    format!("DATE '{date}'")
}
