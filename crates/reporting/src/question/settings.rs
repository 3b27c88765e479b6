//! What a question file may set, in YAML or JSON alike, and what each setting may be.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{MAX_TIMEOUT, time_zone};

/// The longest list of tables or columns.
const MAX_NAMES: usize = 50;

/// The settings of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// A heading for people.
    pub title: Option<String>,
    /// The zone in which `CURRENT_DATE` and its kin are read; the schedule's without it.
    pub time_zone: Option<String>,
    /// More rows than this fail the question.
    pub max_rows: Option<u64>,
    /// How long its statement may run.
    pub timeout: Duration,
    /// The only tables that it may read, `schema.table` or `table`; empty for all.
    pub tables: Vec<String>,
    /// What the result must be like, or the question fails with `unexpected_result`.
    pub expect: Expect,
    /// The columns that identify a row; the result must have them.
    pub key: Vec<String>,
    /// An approved query: then the agent is never asked.
    pub sql: Option<String>,
    /// Whether the SQL that it settles on may be kept for the next run.
    pub pin: Pin,
    /// When the result is worth a person's attention.
    pub alert: Option<Alert>,
}

/// What a result must be like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// At least so many rows.
    pub min_rows: Option<u64>,
    /// These columns, perhaps among others, by the names that the SQL gives them.
    #[serde(default)]
    pub columns: Vec<String>,
}

/// Whether a question's SQL may be kept for the next run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pin {
    /// When it is safe.
    #[default]
    Auto,
    /// The agent is asked at every run.
    Never,
}

/// A condition on a result: `rows > 0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Alert {
    comparison: Comparison,
    rows: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Less,
    AtMost,
    Equal,
    NotEqual,
    AtLeast,
    More,
}

impl Comparison {
    /// By how they are written, the longer ones first.
    const WRITTEN: [(&str, Comparison); 6] = [
        ("<=", Comparison::AtMost),
        (">=", Comparison::AtLeast),
        ("!=", Comparison::NotEqual),
        ("<", Comparison::Less),
        (">", Comparison::More),
        ("=", Comparison::Equal),
    ];
}

impl Alert {
    /// Whether a result of so many rows meets the condition.
    pub fn is_met(self, row_count: u64) -> bool {
        match self.comparison {
            Comparison::Less => row_count < self.rows,
            Comparison::AtMost => row_count <= self.rows,
            Comparison::Equal => row_count == self.rows,
            Comparison::NotEqual => row_count != self.rows,
            Comparison::AtLeast => row_count >= self.rows,
            Comparison::More => row_count > self.rows,
        }
    }
}

/// It is no condition.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no condition; write `rows`, one of < <= = != >= > and a number, for instance `rows > 0`"
)]
pub struct NotAnAlert(String);

impl FromStr for Alert {
    type Err = NotAnAlert;

    fn from_str(text: &str) -> Result<Alert, NotAnAlert> {
        let not_an_alert = || NotAnAlert(text.to_owned());
        let rest = text.trim().strip_prefix("rows").ok_or_else(not_an_alert)?.trim_start();
        let (rest, comparison) = Comparison::WRITTEN
            .iter()
            .find_map(|(written, it)| Some((rest.strip_prefix(written)?, *it)))
            .ok_or_else(not_an_alert)?;
        let rest = rest.trim_start();
        // `parse` would take a sign.
        if !rest.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(not_an_alert());
        }
        Ok(Alert { comparison, rows: rest.parse().map_err(|_| not_an_alert())? })
    }
}

impl TryFrom<String> for Alert {
    type Error = NotAnAlert;

    fn try_from(text: String) -> Result<Alert, NotAnAlert> {
        text.parse()
    }
}

impl From<Alert> for String {
    fn from(alert: Alert) -> String {
        alert.to_string()
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = Comparison::WRITTEN.iter().find(|(_, it)| *it == self.comparison);
        write!(formatter, "rows {} {}", written.map_or("", |(written, _)| written), self.rows)
    }
}

/// The settings as they are written. `id` and `question` are for JSON: in Markdown they are the file's
/// name and its body.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Fields {
    pub(super) id: Option<String>,
    pub(super) question: Option<String>,
    title: Option<String>,
    timezone: Option<String>,
    max_rows: Option<u64>,
    timeout: Option<Timeout>,
    tables: Vec<String>,
    expect: Expect,
    key: Vec<String>,
    sql: Option<String>,
    pin: Pin,
    alert: Option<Alert>,
}

/// `20s`, or a number of seconds.
#[derive(Deserialize)]
#[serde(untagged)]
enum Timeout {
    Seconds(u64),
    Text(String),
}

impl Fields {
    /// The settings; or the key at fault, and what is wrong with it.
    pub(super) fn into_settings(self) -> Result<Settings, String> {
        if let Some(zone) = &self.timezone {
            time_zone(zone).map_err(|error| format!("`timezone`: {error}"))?;
        }
        for table in &self.tables {
            check_table(table)?;
        }
        let expected = [("expect.columns", &self.expect.columns), ("key", &self.key)];
        for (name, list) in [("tables", &self.tables)].into_iter().chain(expected) {
            if list.len() > MAX_NAMES {
                return Err(format!("`{name}` has {} names; at most {MAX_NAMES}", list.len()));
            }
        }
        for (name, columns) in expected {
            if let Some(column) = columns.iter().find(|it| !(1..=63).contains(&it.len())) {
                return Err(format!(
                    "`{name}`: `{column}` is no column; its name has 1 to 63 bytes in PostgreSQL"
                ));
            }
        }
        if self.max_rows == Some(0) {
            return Err("`max_rows` is 0; leave it out for no limit".to_owned());
        }
        if let (Some(least), Some(most)) = (self.expect.min_rows, self.max_rows)
            && least > most
        {
            return Err(format!(
                "`expect.min_rows` is {least}, but `max_rows` is {most}; no result could be right"
            ));
        }
        if self.sql.as_deref().is_some_and(|sql| sql.trim().is_empty()) {
            return Err("`sql` is empty; leave it out to ask the agent".to_owned());
        }
        Ok(Settings {
            title: self.title,
            time_zone: self.timezone,
            max_rows: self.max_rows,
            timeout: self.timeout.map_or(Ok(super::DEFAULT_TIMEOUT), Timeout::read)?,
            tables: self.tables,
            expect: self.expect,
            key: self.key,
            sql: self.sql,
            pin: self.pin,
            alert: self.alert,
        })
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            title: None,
            time_zone: None,
            max_rows: None,
            timeout: super::DEFAULT_TIMEOUT,
            tables: Vec::new(),
            expect: Expect::default(),
            key: Vec::new(),
            sql: None,
            pin: Pin::Auto,
            alert: None,
        }
    }
}

impl Timeout {
    fn read(self) -> Result<Duration, String> {
        let (text, duration) = match self {
            Timeout::Seconds(seconds) => (seconds.to_string(), Some(Duration::from_secs(seconds))),
            Timeout::Text(text) => {
                let signed = text.trim().parse::<SignedDuration>().ok();
                let seconds = text.trim().parse().map(Duration::from_secs).ok();
                let duration = seconds.or_else(|| Duration::try_from(signed?).ok());
                (text, duration)
            }
        };
        duration.filter(|it| (Duration::from_secs(1)..=MAX_TIMEOUT).contains(it)).ok_or_else(|| {
            format!(
                "`timeout`: `{text}` is not between 1s and {}s; the Data API ends a call after 45 s",
                MAX_TIMEOUT.as_secs()
            )
        })
    }
}

/// They travel through the agent, comma-separated, and come back in its answers, which are bounded.
fn check_table(table: &str) -> Result<(), String> {
    let parts: Vec<&str> = table.split('.').collect();
    let is_name = |part: &&str| {
        (1..=63).contains(&part.len())
            && !part.contains(|c: char| c == ',' || c == '"' || c.is_whitespace())
    };
    if parts.len() <= 2 && parts.iter().all(is_name) {
        return Ok(());
    }
    Err(format!(
        "`tables`: `{table}` is no table; write `schema.table`, or `table`, without quotes"
    ))
}

/// What to say of a key that is not known, and of the known ones.
pub(super) fn unknown_key<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    let nearest = known
        .iter()
        .map(|it| (strsim::damerau_levenshtein(key, it), *it))
        .filter(|(distance, it)| *distance <= it.len().div_ceil(2))
        .min();
    let hint = nearest.map(|(_, it)| format!("did you mean `{it}`? ")).unwrap_or_default();
    format!("unknown key `{key}`; {hint}the keys are {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_are_conditions_on_the_rows() {
        for (text, met_by, not_by) in [
            ("rows > 0", 1, 0),
            ("rows>=3", 3, 2),
            ("  rows = 0 ", 0, 1),
            ("rows != 5", 4, 5),
            ("rows < 10", 9, 10),
            ("rows <= 10", 10, 11),
        ] {
            let alert: Alert = text.parse().expect("an alert");
            assert!(alert.is_met(met_by) && !alert.is_met(not_by), "{text}");
            assert_eq!(alert.to_string().parse(), Ok(alert), "{text}");
        }
        for text in [
            "",
            "rows",
            "rows >",
            "rows > -1",
            "rows > +1",
            "rows => 1",
            "count > 0",
            "rows > 1 or 1",
        ] {
            assert_eq!(text.parse::<Alert>(), Err(NotAnAlert(text.to_owned())), "{text}");
        }
    }
}
