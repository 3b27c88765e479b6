//! The YAML between two lines of `---` at the head of a Markdown question.

use super::settings::{Fields, unknown_key};
use super::{Settings, invalid};
use crate::Error;

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
    let is_comment = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    if yaml.lines().all(is_comment) {
        return Ok(Settings::default());
    }
    let fields: Fields = serde_saphyr::from_str(yaml).map_err(|error| describe(name, &error))?;
    for (key, written, instead) in [
        ("id", fields.id.is_some(), "the file's name is the id"),
        ("question", fields.question.is_some(), "write the question below the front matter"),
    ] {
        if written {
            return Err(invalid(format!("{name}: `{key}` is for JSON; here {instead}")));
        }
    }
    fields.into_settings().map_err(|fault| invalid(format!("{name}: {fault}")))
}

/// The place in the file (the front matter begins in its second line) and what to write instead.
fn describe(name: &str, error: &serde_saphyr::Error) -> Error {
    let error = error.without_snippet();
    let place = error
        .location()
        .map_or_else(|| name.to_owned(), |at| format!("{name}:{}:{}", at.line() + 1, at.column()));
    let what = match error {
        serde_saphyr::Error::SerdeUnknownField { field, expected, .. } => {
            let of_json = ["id", "question"];
            unknown_key(field, expected.iter().copied().filter(|key| !of_json.contains(key)))
        }
        // It says the place once more, as it is within the front matter alone.
        other => {
            let told = other.to_string();
            told.split(" at line ").next().unwrap_or_default().to_owned()
        }
    };
    invalid(format!("{place}: {what}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Expect, Pin};
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
        check("# yaml-language-server: $schema=x", Ok(Settings::default()));
        check(
            "title: New students\ntimezone: Europe/Berlin\nmax_rows: 500\ntimeout: 20s\n\
             tables: [academics.students]\nsql: SELECT 1\nkey: [id]\npin: never\nalert: rows > 0\n\
             expect:\n  min_rows: 1\n  columns:\n    - id\n    - Name",
            Ok(Settings {
                title: Some("New students".to_owned()),
                time_zone: Some("Europe/Berlin".to_owned()),
                max_rows: Some(500),
                timeout: Duration::from_secs(20),
                tables: vec!["academics.students".to_owned()],
                expect: Expect {
                    min_rows: Some(1),
                    columns: vec!["id".to_owned(), "Name".to_owned()],
                },
                key: vec!["id".to_owned()],
                sql: Some("SELECT 1".to_owned()),
                pin: Pin::Never,
                alert: "rows > 0".parse().ok(),
            }),
        );
        let quarter = Settings { timeout: Duration::from_secs(15), ..Settings::default() };
        check("timeout: 15", Ok(quarter.clone()));
        check("timeout: \"15\"", Ok(quarter));
    }

    #[test]
    fn faults_say_where_and_what_instead() {
        check(
            "title: x\ntabels: [a]",
            Err("q.md:3:1: unknown key `tabels`; did you mean `tables`?"),
        );
        check("colour: red", Err("the keys are title, timezone"));
        check("expect:\n  rows: 1", Err("q.md:3:3: unknown key `rows`; did you mean `min_rows`?"));
        check("id: other", Err("`id` is for JSON; here the file's name"));
        check("timezone: Mars", Err("`Mars` is no time zone"));
        check("timeout: 2h", Err("not between 1s and 40s"));
        check("timeout: 0", Err("not between 1s and 40s"));
        check("max_rows: many", Err("q.md:2:11: invalid u64"));
        check("max_rows: 0", Err("leave it out"));
        check("max_rows: 5\nexpect: {min_rows: 6}", Err("no result could be right"));
        check("pin: always", Err("q.md:2:"));
        check("alert: often", Err("write `rows`, one of"));
        check("key: [\"\"]", Err("`key`: `` is no column"));
        check(&format!("key: [{}]", vec!["a"; 51].join(",")), Err("`key` has 51 names"));
        check("title: [", Err("q.md:"));
        check("- title", Err("q.md:"));
        check("title", Err("q.md:"));
        for table in ["\"\"", "a.b.c", "\"a,b\"", "\"a b\""] {
            check(&format!("tables: [{table}]"), Err("is no table"));
        }
    }
}
