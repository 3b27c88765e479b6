//! How long, how much, and in which zone: what bounds one extraction.

use std::time::Duration;

use crate::{Error, ErrorKind};

/// What bounds one extraction. `..Limits::default()` fills in what does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long PostgreSQL works on one statement, here on one page. Held under 44 s, since the service
    /// ends a call after 45 s and the transaction with it. Default 40 s.
    pub statement_timeout: Duration,
    /// How long a statement waits for a lock. Default 5 s.
    pub lock_timeout: Duration,
    /// How long PostgreSQL keeps the transaction between two calls; the service itself waits three minutes.
    /// Default 3 min.
    pub idle_timeout: Duration,
    /// How long to wait for a database that resumes from a pause (15 s as a rule, 30 s and more after a
    /// day). Default 96 s.
    pub resume_timeout: Duration,
    /// `work_mem` of the session; `None` leaves the server's. Default `None`.
    pub work_mem_mib: Option<u32>,
    /// The session's time zone, an IANA name. It decides what a day is to the SQL; a `timestamptz` comes in
    /// UTC all the same. Default `UTC`.
    pub time_zone: String,
    /// Rows to return at most. One row more is fetched, to tell whether there were more. Default `None`.
    pub max_rows: Option<u64>,
    /// The bytes of JSON that a page aims at, for a service that refuses more than 1 MiB. Default 640 KiB,
    /// which leaves room for rows that grow by half.
    pub page_bytes: usize,
    /// Rows of the first page, when nothing is known of their size. Default 128.
    pub first_page_rows: u64,
    /// Rows of any page at most; [`Limits::after`] lowers it. Default 16,384.
    pub max_page_rows: u64,
    /// Every array as one text, `{{1,2},{3,4}}`: the service returns none of several dimensions. Default `false`;
    /// [`Limits::after`] sets it.
    pub arrays_as_text: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            statement_timeout: Duration::from_secs(40),
            lock_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(3 * 60),
            resume_timeout: Duration::from_secs(96),
            work_mem_mib: None,
            time_zone: "UTC".to_owned(),
            max_rows: None,
            page_bytes: 640 * 1024,
            first_page_rows: 128,
            max_page_rows: 16_384,
            arrays_as_text: false,
        }
    }
}

impl Limits {
    /// The limits to begin anew with: after a page overflowed a quarter of that page's rows, after an array of
    /// several dimensions all arrays as text. Every other error comes back as it is, so that a loop ends; and so
    /// does the overflow of pages that cannot shrink further.
    pub fn after(&self, error: Error) -> Result<Limits, Error> {
        match error.kind() {
            // At one row a page the failure is `RowTooLarge`, so that at most eight quarterings follow.
            ErrorKind::PageOverflow { page_rows } if page_rows > 1 => {
                Ok(Limits { max_page_rows: (page_rows / 4).max(1), ..self.clone() })
            }
            ErrorKind::NestedArray if !self.arrays_as_text => {
                Ok(Limits { arrays_as_text: true, ..self.clone() })
            }
            _ => Err(error),
        }
    }

    pub(crate) fn statement_timeout(&self) -> Duration {
        self.statement_timeout.min(Duration::from_secs(44))
    }

    /// The one statement that sets all of these for the transaction alone (`SET LOCAL`).
    pub(crate) fn settings(&self) -> String {
        let mut settings = vec![
            ("statement_timeout", milliseconds(self.statement_timeout())),
            ("lock_timeout", milliseconds(self.lock_timeout)),
            ("idle_in_transaction_session_timeout", milliseconds(self.idle_timeout)),
            // Temporary tables come last instead of first: none of ours, and none that could stand in for another.
            ("search_path", "pg_catalog, public, pg_temp".to_owned()),
            // Rows in the same order each time, as far as the plan allows.
            ("synchronize_seqscans", "off".to_owned()),
            // Every row is fetched, so plan for all of them.
            ("cursor_tuple_fraction", "1".to_owned()),
            ("TimeZone", self.time_zone.clone()),
            ("DateStyle", "ISO, YMD".to_owned()),
            ("IntervalStyle", "postgres".to_owned()),
            ("bytea_output", "hex".to_owned()),
            ("extra_float_digits", "1".to_owned()),
            // The guard reads strings so; off, a backslash would end them elsewhere.
            ("standard_conforming_strings", "on".to_owned()),
            ("transform_null_equals", "off".to_owned()),
        ];
        if let Some(work_mem_mib) = self.work_mem_mib {
            settings.push(("work_mem", format!("{work_mem_mib}MB")));
        }
        let calls: Vec<String> = settings
            .iter()
            .map(|(name, value)| {
                format!("set_config('{name}', '{}', true)", value.replace('\'', "''"))
            })
            .collect();
        format!("SELECT {}", calls.join(", "))
    }
}

/// PostgreSQL takes 0 for "no time-out".
fn milliseconds(timeout: Duration) -> String {
    timeout.as_millis().max(1).to_string()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn an_overflow_quarters_the_page_and_ends() {
        let overflow = |page_rows| Error::new(ErrorKind::PageOverflow { page_rows }, "too large");
        let check = |page_rows, expected| {
            let limits = Limits::default().after(overflow(page_rows));
            assert_eq!(limits.ok().map(|limits| limits.max_page_rows), expected, "{page_rows}");
        };
        check(16_384, Some(4_096));
        check(128, Some(32));
        check(3, Some(1));
        check(1, None);
        let other = Limits::default().after(Error::new(ErrorKind::Throttled, "slow down"));
        assert_eq!(other.unwrap_err().kind(), ErrorKind::Throttled);
    }

    #[test]
    fn settings_are_local_quoted_and_under_the_services_limit() {
        let limits = Limits {
            statement_timeout: Duration::from_secs(300),
            lock_timeout: Duration::ZERO,
            time_zone: "it's".to_owned(),
            work_mem_mib: Some(32),
            ..Limits::default()
        };
        let sql = limits.settings();
        for expected in [
            "set_config('statement_timeout', '44000', true)",
            "set_config('lock_timeout', '1', true)",
            "set_config('TimeZone', 'it''s', true)",
            "set_config('work_mem', '32MB', true)",
        ] {
            assert!(sql.contains(expected), "{expected} in {sql}");
        }
    }
}
