//! When cadences are due: pure functions over instants, and the timetable that `up` works through.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context as _, Error, Result, bail};
use jiff::civil::{Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use reporting::Cadence;

/// How far ahead the next tick is looked for, in days: two months without a 31st do not follow each
/// other, and one day of them may be lost to a gap.
const HORIZON_DAYS: usize = 130;

/// Longer than this nobody sleeps: a machine that was suspended sees its clock soon after.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// A cadence and when it is due, on the clocks of one zone: `hourly=:15`, `daily=06:00`,
/// `weekly=monday 06:00`, `monthly=1 06:00`, or `daily=never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub(crate) cadence: Cadence,
    due: Due,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Never,
    /// At this minute of each hour.
    Minute(i8),
    /// At this time of each day that is chosen.
    Day(Day, Time),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Day {
    Every,
    OfWeek(Weekday),
    OfMonth(i8),
}

const SIX: Time = Time::constant(6, 0, 0, 0);

/// What holds unless it is said otherwise.
pub(crate) const DEFAULTS: [Schedule; 4] = [
    Schedule { cadence: Cadence::Hourly, due: Due::Minute(0) },
    Schedule { cadence: Cadence::Daily, due: Due::Day(Day::Every, SIX) },
    Schedule { cadence: Cadence::Weekly, due: Due::Day(Day::OfWeek(Weekday::Monday), SIX) },
    Schedule { cadence: Cadence::Monthly, due: Due::Day(Day::OfMonth(1), SIX) },
];

impl Schedule {
    /// The first tick after `after`, if there is ever one.
    ///
    /// As EventBridge Scheduler does it: a local time that a change of clocks leaves out is no tick,
    /// and one that comes twice is one tick, the first. An hourly cadence is due in every hour that
    /// passes, so that the hour that comes twice on the clocks has two.
    pub(crate) fn next(self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self.due {
            Due::Never => None,
            Due::Minute(minute) => {
                let second = after.as_second();
                let next_minute =
                    Timestamp::from_second(second - second.rem_euclid(60) + 60).ok()?;
                // Two hours, for the zones whose clocks change by half an hour.
                (0..120_i64)
                    .filter_map(|minutes| next_minute.checked_add(minutes.minutes()).ok())
                    .find(|tick| zone.to_datetime(*tick).minute() == minute)
            }
            Due::Day(day, time) => {
                let today = zone.to_datetime(after).date();
                today
                    .series(1.day())
                    .take(HORIZON_DAYS)
                    .filter(|date| match day {
                        Day::Every => true,
                        Day::OfWeek(weekday) => date.weekday() == weekday,
                        Day::OfMonth(day) => date.day() == day,
                    })
                    .map(|date| zone.to_ambiguous_timestamp(date.to_datetime(time)))
                    .filter(|tick| !matches!(tick.offset(), AmbiguousOffset::Gap { .. }))
                    .filter_map(|tick| tick.earlier().ok())
                    .find(|tick| *tick > after)
            }
        }
    }
}

impl FromStr for Schedule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Schedule> {
        let Some((cadence, due)) = text.split_once('=') else {
            bail!("`{text}` is no schedule; write one as daily=06:00");
        };
        let cadence: Cadence = cadence.parse()?;
        if due == "never" {
            return Ok(Schedule { cadence, due: Due::Never });
        }
        let due = match cadence {
            Cadence::Hourly => minute(due).context("write the minute, as in hourly=:15")?,
            Cadence::Daily => Due::Day(Day::Every, time(due).context("write daily=06:00")?),
            Cadence::Weekly => {
                let read = || {
                    let (day, at) = due.split_once(' ')?;
                    Some(Due::Day(Day::OfWeek(weekday(day)?), time(at)?))
                };
                read().context("write the day and the time, as in 'weekly=monday 06:00'")?
            }
            Cadence::Monthly => {
                let read = || {
                    let (day, at) = due.split_once(' ')?;
                    let day = day.parse().ok().filter(|day| (1..=31).contains(day))?;
                    Some(Due::Day(Day::OfMonth(day), time(at)?))
                };
                read()
                    .context("write the day of the month and the time, as in 'monthly=1 06:00'")?
            }
            Cadence::Adhoc => {
                bail!("adhoc questions have no schedule: they are asked as they land")
            }
        };
        Ok(Schedule { cadence, due })
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.due {
            Due::Never => formatter.write_str("never"),
            Due::Minute(minute) => write!(formatter, "at minute {minute}"),
            Due::Day(Day::Every, time) => write!(formatter, "at {}", time.strftime("%H:%M")),
            Due::Day(Day::OfWeek(day), time) => {
                write!(formatter, "on {day:?} at {}", time.strftime("%H:%M"))
            }
            Due::Day(Day::OfMonth(day), time) => {
                write!(formatter, "on day {day} at {}", time.strftime("%H:%M"))
            }
        }
    }
}

fn minute(text: &str) -> Option<Due> {
    let minute = text.strip_prefix(':').unwrap_or(text).parse().ok()?;
    (0..60).contains(&minute).then_some(Due::Minute(minute))
}

fn time(text: &str) -> Option<Time> {
    Time::strptime("%H:%M", text).ok()
}

fn weekday(text: &str) -> Option<Weekday> {
    let name = text.to_ascii_lowercase();
    Weekday::Monday.cycle_forward().take(7).find(|day| {
        let whole = format!("{day:?}").to_ascii_lowercase();
        whole == name || whole[..3] == name
    })
}

/// The cadences with their next ticks.
#[derive(Debug)]
pub(crate) struct Timetable {
    zone: TimeZone,
    entries: Vec<(Schedule, Option<Timestamp>)>,
}

impl Timetable {
    /// The defaults, each replaced by what is given for its cadence, from `now` on.
    pub(crate) fn new(given: &[Schedule], zone: TimeZone, now: Timestamp) -> Timetable {
        let entries = DEFAULTS.map(|default| {
            let given = given.iter().rev().find(|given| given.cadence == default.cadence);
            let schedule = given.copied().unwrap_or(default);
            (schedule, schedule.next(now, &zone))
        });
        Timetable { entries: entries.to_vec(), zone }
    }

    /// Each cadence with its schedule and its next tick.
    pub(crate) fn entries(&self) -> &[(Schedule, Option<Timestamp>)] {
        &self.entries
    }

    /// How long to sleep before looking for what is due.
    pub(crate) fn wait(&self, now: Timestamp) -> Duration {
        let next = self.entries.iter().filter_map(|(_, next)| *next).min();
        let until = next.map_or(SignedDuration::MAX, |next| next.duration_since(now));
        Duration::try_from(until).unwrap_or(Duration::ZERO).min(LONGEST_WAIT)
    }

    /// The ticks that have come, each once. Those of a machine that slept are all made up for.
    pub(crate) fn due(&mut self, now: Timestamp) -> Vec<(Cadence, Timestamp)> {
        let mut due = Vec::new();
        for (schedule, next) in &mut self.entries {
            while let Some(tick) = next.filter(|tick| *tick <= now) {
                due.push((schedule.cadence, tick));
                *next = schedule.next(tick, &self.zone);
            }
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[track_caller]
    fn check(schedule: &str, zone: &str, after: &str, expected: &[&str]) {
        let schedule: Schedule = schedule.parse().expect("a schedule");
        let zone = TimeZone::get(zone).expect("a zone");
        let mut after = at(after);
        for expected in expected {
            after = schedule.next(after, &zone).expect("a tick");
            assert_eq!(after, at(expected));
        }
    }

    #[test]
    fn the_next_ticks_after_an_instant() {
        let utc = ["2026-11-22T06:00:00Z", "2026-11-23T06:00:00Z"];
        check("daily=06:00", "UTC", "2026-11-22T05:59:59.9Z", &utc);
        check("daily=06:00", "UTC", "2026-11-21T06:00:00Z", &utc);
        check("daily=06:00", "Asia/Tokyo", "2026-11-22T05:00:00Z", &["2026-11-22T21:00:00Z"]);
        check("weekly=mon 06:00", "UTC", "2026-11-22T05:00:00Z", &["2026-11-23T06:00:00Z"]);
        check("weekly=Sunday 06:00", "UTC", "2026-11-22T06:00:00Z", &["2026-11-29T06:00:00Z"]);
        let firsts = ["2026-12-01T06:00:00Z", "2027-01-01T06:00:00Z"];
        check("monthly=1 06:00", "UTC", "2026-11-22T06:00:00Z", &firsts);
        let long_months = ["2027-01-31T00:30:00Z", "2027-03-31T00:30:00Z", "2027-05-31T00:30:00Z"];
        check("monthly=31 00:30", "UTC", "2026-12-31T00:30:00Z", &long_months);
        check("hourly=0", "UTC", "2026-11-22T05:59:59Z", &["2026-11-22T06:00:00Z"]);
        check("hourly=:15", "Asia/Kolkata", "2026-11-22T05:50:00Z", &["2026-11-22T06:45:00Z"]);
    }

    #[test]
    fn clocks_that_change() {
        let berlin = "Europe/Berlin";
        // 02:00 to 03:00 on 28 March 2027 is left out: no tick at 02:30 that day.
        let gap = ["2027-03-27T01:30:00Z", "2027-03-29T00:30:00Z"];
        check("daily=02:30", berlin, "2027-03-26T12:00:00Z", &gap);
        check("weekly=sun 02:30", berlin, "2027-03-22T12:00:00Z", &["2027-04-04T00:30:00Z"]);
        // 02:30 on 25 October 2026 comes twice: the first is the tick, also for one between the two.
        let fold = ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"];
        check("daily=02:30", berlin, "2026-10-24T12:00:00Z", &fold);
        check("daily=02:30", berlin, "2026-10-25T00:45:00Z", &["2026-10-26T01:30:00Z"]);
        // Every hour that passes has its tick.
        let hours = ["2026-10-25T00:10:00Z", "2026-10-25T01:10:00Z", "2026-10-25T02:10:00Z"];
        check("hourly=10", berlin, "2026-10-24T23:30:00Z", &hours);
        // Lord Howe Island's clocks change by half an hour.
        let half = ["2026-10-03T15:00:00Z", "2026-10-03T15:30:00Z", "2026-10-03T16:30:00Z"];
        check("hourly=30", "Australia/Lord_Howe", "2026-10-03T14:30:00Z", &half);
        check("daily=06:00", berlin, "2027-03-27T12:00:00Z", &["2027-03-28T04:00:00Z"]);
    }

    #[test]
    fn schedules_that_are_none() {
        for (text, says) in [
            ("daily", "daily=06:00"),
            ("yearly=06:00", "`yearly`"),
            ("daily=25:00", "daily=06:00"),
            ("hourly=60", "hourly=:15"),
            ("weekly=06:00", "'weekly=monday 06:00'"),
            ("monthly=32 06:00", "'monthly=1 06:00'"),
            ("adhoc=06:00", "as they land"),
        ] {
            let error = text.parse::<Schedule>().expect_err(text);
            assert!(format!("{error:#}").contains(says), "{text}: {error:#}");
        }
        let never: Schedule = "daily=never".parse().expect("a schedule");
        assert_eq!(never.next(at("2026-11-22T06:00:00Z"), &TimeZone::UTC), None);
    }

    #[test]
    fn a_timetable_gives_each_tick_once() {
        let given = ["hourly=:30", "weekly=never"].map(|text| text.parse().expect("a schedule"));
        let mut table = Timetable::new(&given, TimeZone::UTC, at("2026-11-30T23:45:00Z"));
        assert_eq!(table.wait(at("2026-12-01T00:29:50Z")), Duration::from_secs(10));
        assert_eq!(table.wait(at("2026-11-30T23:45:00Z")), LONGEST_WAIT);
        assert_eq!(table.wait(at("2026-12-01T00:31:00Z")), Duration::ZERO);
        assert_eq!(table.due(at("2026-12-01T00:29:59Z")), []);
        let told = |due: Vec<(Cadence, Timestamp)>| -> Vec<String> {
            due.into_iter().map(|(cadence, tick)| format!("{cadence} {tick}")).collect()
        };
        // After a night's sleep, all of it.
        let due = told(table.due(at("2026-12-01T06:00:00Z")));
        assert_eq!(due.len(), 6 + 2, "{due:?}");
        assert_eq!(due[0], "hourly 2026-12-01T00:30:00Z");
        assert_eq!(due[6..], ["daily 2026-12-01T06:00:00Z", "monthly 2026-12-01T06:00:00Z"]);
        assert_eq!(table.due(at("2026-12-01T06:00:00Z")), []);
    }
}
