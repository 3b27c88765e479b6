//! How often a question is asked: the folder in which its file lies.

use std::fmt;
use std::str::FromStr;

use jiff::{ToSpan as _, Unit, ZonedRound, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{AsOf, Error, ErrorKind};

/// The folder of a question's file, and with it the grain of its report's partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cadence {
    /// Every hour.
    Hourly,
    /// Every day.
    Daily,
    /// Every week.
    Weekly,
    /// Every month.
    Monthly,
    /// The moment that the file lands.
    Adhoc,
}

impl Cadence {
    /// Every cadence, the most frequent first.
    pub const ALL: [Cadence; 5] =
        [Cadence::Hourly, Cadence::Daily, Cadence::Weekly, Cadence::Monthly, Cadence::Adhoc];

    /// The folder's name.
    pub fn folder(self) -> &'static str {
        match self {
            Cadence::Hourly => "hourly",
            Cadence::Daily => "daily",
            Cadence::Weekly => "weekly",
            Cadence::Monthly => "monthly",
            Cadence::Adhoc => "adhoc",
        }
    }

    /// The value of a report's partition key `as_of`: the local date in the schedule's zone, but the
    /// UTC hour for hourly (`2026-11-22T13Z`: an autumn hour comes twice on local clocks) and the UTC
    /// second for adhoc (`2026-11-22T130509Z`: two drops may come in one day).
    pub fn partition(self, as_of: AsOf, schedule_zone: &TimeZone) -> String {
        match self {
            Cadence::Hourly => as_of.timestamp().strftime("%Y-%m-%dT%HZ").to_string(),
            Cadence::Daily | Cadence::Weekly | Cadence::Monthly => {
                as_of.in_zone(schedule_zone).date().to_string()
            }
            Cadence::Adhoc => as_of.timestamp().strftime("%Y-%m-%dT%H%M%SZ").to_string(),
        }
    }

    /// The start of the period that `now` lies in: the hour, the day, the week (Monday), the month in
    /// the schedule's zone, or the very second for adhoc. It is what a person means who asks for a run
    /// without saying when.
    pub fn current_tick(self, now: AsOf, schedule_zone: &TimeZone) -> AsOf {
        let local = now.in_zone(schedule_zone);
        let start = match self {
            Cadence::Adhoc => return now,
            Cadence::Hourly => {
                local.round(ZonedRound::new().smallest(Unit::Hour).mode(jiff::RoundMode::Trunc))
            }
            Cadence::Daily => local.start_of_day(),
            Cadence::Weekly => local
                .checked_sub(i64::from(local.weekday().to_monday_zero_offset()).days())
                .and_then(|monday| monday.start_of_day()),
            Cadence::Monthly => local.first_of_month().and_then(|first| first.start_of_day()),
        };
        start.map_or(now, |start| AsOf::from_timestamp(start.timestamp()))
    }
}

impl fmt::Display for Cadence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.folder())
    }
}

impl FromStr for Cadence {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Cadence::ALL.into_iter().find(|cadence| cadence.folder() == text).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidRequest,
                format!("`{text}` is no cadence; the folders are hourly, daily, weekly, monthly and adhoc"),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cadence: Cadence, as_of: &str, zone: &str, partition: &str, tick: &str) {
        let as_of: AsOf = as_of.parse().expect("an as-of");
        let zone = TimeZone::get(zone).expect("a zone");
        assert_eq!(cadence.partition(as_of, &zone), partition);
        assert_eq!(cadence.current_tick(as_of, &zone).to_string(), tick);
    }

    #[test]
    fn partitions_and_ticks() {
        let at = "2026-11-22T23:30:09Z";
        check(Cadence::Hourly, at, "UTC", "2026-11-22T23Z", "2026-11-22T23:00:00Z");
        check(Cadence::Daily, at, "UTC", "2026-11-22", "2026-11-22T00:00:00Z");
        check(Cadence::Daily, at, "Europe/Berlin", "2026-11-23", "2026-11-22T23:00:00Z");
        check(Cadence::Weekly, at, "UTC", "2026-11-22", "2026-11-16T00:00:00Z");
        check(Cadence::Monthly, at, "UTC", "2026-11-22", "2026-11-01T00:00:00Z");
        check(Cadence::Adhoc, at, "UTC", "2026-11-22T233009Z", at);
    }
}
