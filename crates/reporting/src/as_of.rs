//! The logical time of a run.

use std::fmt;
use std::str::FromStr;

use jiff::{Timestamp, Unit, Zoned, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind};

/// The logical time of a run, in whole seconds: the schedule's tick, or the drop's time. Never the
/// wall clock of a retry. Written as `2026-11-22T06:00:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AsOf(Timestamp);

impl AsOf {
    /// The second in which `timestamp` lies.
    pub fn from_timestamp(timestamp: Timestamp) -> AsOf {
        let seconds = timestamp.as_second();
        AsOf(Timestamp::from_second(seconds).unwrap_or(timestamp))
    }

    /// The instant.
    pub fn timestamp(self) -> Timestamp {
        self.0
    }

    /// The instant as a clock on the wall of that zone shows it.
    pub fn in_zone(self, zone: &TimeZone) -> Zoned {
        self.0.to_zoned(zone.clone())
    }

    /// `20261122T060000Z`: the form without colons, which an execution's name may hold.
    pub fn compact(self) -> String {
        self.0.strftime("%Y%m%dT%H%M%SZ").to_string()
    }
}

impl fmt::Display for AsOf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.strftime("%Y-%m-%dT%H:%M:%SZ").fmt(formatter)
    }
}

impl FromStr for AsOf {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let timestamp: Timestamp = text.parse().map_err(|error: jiff::Error| {
            Error::new(
                ErrorKind::InvalidRequest,
                format!("`{text}` is not a time; write one as 2026-11-22T06:00:00Z"),
            )
            .with_source(error)
        })?;
        // Partitions and SQL literals take years of four digits.
        if !(1..=9999).contains(&timestamp.to_zoned(TimeZone::UTC).year()) {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                format!("`{text}` is not in the years 1 to 9999"),
            ));
        }
        let whole = timestamp.round(Unit::Second).is_ok_and(|rounded| rounded == timestamp);
        if !whole {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                format!("`{text}` has a fraction of a second; an as-of is a whole second"),
            ));
        }
        Ok(AsOf(timestamp))
    }
}

impl TryFrom<String> for AsOf {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<AsOf> for String {
    fn from(as_of: AsOf) -> String {
        as_of.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_utc_seconds() {
        for (text, expected) in [
            ("2026-11-22T06:00:00Z", Some("2026-11-22T06:00:00Z")),
            ("2026-11-22T07:00:00+01:00", Some("2026-11-22T06:00:00Z")),
            ("2026-11-22T06:00:00.5Z", None),
            ("2026-11-22", None),
            ("yesterday", None),
            ("-000044-03-15T12:00:00Z", None),
        ] {
            let read = text.parse::<AsOf>().ok().map(|as_of| as_of.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }
}
