//! The YAML between two lines of `---` at the head of a Markdown question.

use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;

use super::{MAX_TIMEOUT, Settings, time_zone};
use crate::{Error, ErrorKind};

/// The longest allow-list.
const MAX_TABLES: usize = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    title: Option<String>,
    timezone: Option<String>,
    max_rows: Option<u64>,
    timeout: Option<String>,
    #[serde(default)]
    tables: Vec<String>,
    sql: Option<String>,
}

/// Splits a file into its settings and its body.
pub(super) fn split<'a>(name: &str, text: &'a str) -> Result<(Settings, &'a str), Error> {
    let Some(rest) = after_fence(text) else {
        return Ok((Settings::default(), text));
    };
    let mut offset = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            let body = &rest[offset + line.len()..];
            return Ok((settings(name, &rest[..offset])?, body));
        }
        offset += line.len();
    }
    Err(invalid(format!("{name}:1:1: the front matter has no end; close it with a line `---`")))
}

fn after_fence(text: &str) -> Option<&str> {
    let (first, rest) = text.split_once('\n')?;
    (first.trim_end() == "---").then_some(rest)
}

fn settings(name: &str, yaml: &str) -> Result<Settings, Error> {
    if yaml.trim().is_empty() {
        return Ok(Settings::default());
    }
    let read: FrontMatter = serde_saphyr::from_str(yaml).map_err(|error| describe(name, &error))?;
    let mut settings = Settings {
        title: read.title,
        max_rows: read.max_rows,
        sql: read.sql,
        tables: read.tables,
        ..Settings::default()
    };
    if let Some(zone) = read.timezone {
        time_zone(&zone).map_err(|error| invalid(format!("{name}: `timezone`: {error}")))?;
        settings.time_zone = Some(zone);
    }
    if let Some(timeout) = read.timeout {
        settings.timeout = parse_timeout(&timeout)
            .ok_or_else(|| invalid(format!("{name}: `timeout`: `{timeout}` is not between 1s and {}s; the Data API ends a call after 45 s", MAX_TIMEOUT.as_secs())))?;
    }
    check_tables(name, &settings.tables)?;
    if settings.max_rows == Some(0) {
        return Err(invalid(format!("{name}: `max_rows` is 0; leave it out for no limit")));
    }
    if settings.sql.as_deref().is_some_and(|sql| sql.trim().is_empty()) {
        return Err(invalid(format!("{name}: `sql` is empty; leave it out to ask the agent")));
    }
    Ok(settings)
}

/// They travel through the agent, comma-separated, and come back in its answers, which are bounded.
fn check_tables(name: &str, tables: &[String]) -> Result<(), Error> {
    if tables.len() > MAX_TABLES {
        let count = tables.len();
        return Err(invalid(format!(
            "{name}: `tables` names {count} tables; at most {MAX_TABLES}"
        )));
    }
    for table in tables {
        let parts: Vec<&str> = table.split('.').collect();
        let is_name = |part: &&str| {
            (1..=63).contains(&part.len())
                && !part.contains(|c: char| c == ',' || c == '"' || c.is_whitespace())
        };
        if parts.len() > 2 || !parts.iter().all(is_name) {
            return Err(invalid(format!(
                "{name}: `tables`: `{table}` is no table; write `schema.table`, or `table`, without quotes"
            )));
        }
    }
    Ok(())
}

fn parse_timeout(text: &str) -> Option<Duration> {
    let text = text.trim();
    let duration = if let Ok(seconds) = text.parse::<u64>() {
        Duration::from_secs(seconds)
    } else {
        Duration::try_from(text.parse::<SignedDuration>().ok()?).ok()?
    };
    (Duration::from_secs(1)..=MAX_TIMEOUT).contains(&duration).then_some(duration)
}

/// The place in the file (the front matter begins in its second line) and what to write instead.
fn describe(name: &str, error: &serde_saphyr::Error) -> Error {
    let error = error.without_snippet();
    let place = error
        .location()
        .map_or_else(|| name.to_owned(), |at| format!("{name}:{}:{}", at.line() + 1, at.column()));
    let what = match error {
        serde_saphyr::Error::SerdeUnknownField { field, expected, .. } => {
            let nearest = expected
                .iter()
                .map(|known| (strsim::damerau_levenshtein(field, known), *known))
                .filter(|(distance, known)| *distance <= known.len().div_ceil(2))
                .min();
            let hint =
                nearest.map(|(_, known)| format!("did you mean `{known}`? ")).unwrap_or_default();
            format!("unknown key `{field}`; {hint}the keys are {}", expected.join(", "))
        }
        other => other.to_string(),
    };
    invalid(format!("{place}: {what}"))
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidQuestion, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(yaml: &str, expected: Result<Settings, &str>) {
        let file = format!("---\n{yaml}\n---\nHow many?\n");
        let read = split("q.md", &file);
        match (read, expected) {
            (Ok((settings, body)), Ok(expected)) => {
                assert_eq!((settings, body), (expected, "How many?\n"));
            }
            (Err(error), Err(part)) => {
                assert!(error.to_string().contains(part), "`{error}` lacks `{part}`");
            }
            (read, expected) => panic!("{yaml}: {read:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn settings_are_read() {
        check("", Ok(Settings::default()));
        check(
            "title: New students\ntimezone: Europe/Berlin\nmax_rows: 500\ntimeout: 20s\ntables: [academics.students]\nsql: SELECT 1",
            Ok(Settings {
                title: Some("New students".to_owned()),
                time_zone: Some("Europe/Berlin".to_owned()),
                max_rows: Some(500),
                timeout: Duration::from_secs(20),
                tables: vec!["academics.students".to_owned()],
                sql: Some("SELECT 1".to_owned()),
            }),
        );
        check(
            "timeout: 15",
            Ok(Settings { timeout: Duration::from_secs(15), ..Settings::default() }),
        );
    }

    #[test]
    fn faults_say_where_and_what_instead() {
        check(
            "title: x\ntabels: [a]",
            Err("q.md:3:1: unknown key `tabels`; did you mean `tables`?"),
        );
        check("colour: red", Err("the keys are title, timezone"));
        check("timezone: Mars", Err("`Mars` is no time zone"));
        check("timeout: 2h", Err("not between 1s and 40s"));
        check("max_rows: many", Err("q.md:2:11"));
        check("max_rows: 0", Err("leave it out"));
        check("title: [", Err("q.md:"));
        for table in ["\"\"", "a.b.c", "\"a,b\"", "\"a b\""] {
            check(&format!("tables: [{table}]"), Err("is no table"));
        }
    }
}
