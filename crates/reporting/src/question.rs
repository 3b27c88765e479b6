//! A question: a file of plain language, perhaps with settings.

mod front_matter;

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::{Cadence, Error, ErrorKind, keys};

/// The longest question, in bytes of its text: enough for pages of prose, small enough for the
/// 256 KiB that Step Functions hands from state to state.
pub const MAX_TEXT_BYTES: usize = 16 * 1024;
/// The largest question file, in bytes.
pub const MAX_FILE_BYTES: usize = 64 * 1024;
/// How long a statement may run unless the question says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest time-out: the RDS Data API ends a call after 45 s, and with it the transaction.
pub const MAX_TIMEOUT: Duration = Duration::from_secs(40);

/// A question that can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its file's name without the ending; lower-case letters, digits and hyphens.
    pub id: String,
    /// What is asked.
    pub text: String,
    /// What the front matter says.
    pub settings: Settings,
}

/// The settings of a question, from its front matter.
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
    /// An approved query: then the agent is never asked.
    pub sql: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            title: None,
            time_zone: None,
            max_rows: None,
            timeout: DEFAULT_TIMEOUT,
            tables: Vec::new(),
            sql: None,
        }
    }
}

/// Reads a question file. `name` is how messages call it (its key or path): a fault is told as
/// `name:line:column: what, and what to write instead`.
pub fn read(name: &str, bytes: &[u8]) -> Result<Question, Error> {
    let invalid = |what: &str| Error::new(ErrorKind::InvalidQuestion, format!("{name}: {what}"));
    let file_name = name.rsplit('/').next().unwrap_or(name);
    let Some((id, ending)) = file_name.rsplit_once('.') else {
        return Err(invalid("the file's name has no ending; name it `<id>.md` or `<id>.txt`"));
    };
    if !is_id(id) {
        return Err(invalid(&format!(
            "`{id}` is no question id; use up to 64 lower-case letters, digits and hyphens, a letter first"
        )));
    }
    if bytes.len() > MAX_FILE_BYTES {
        return Err(invalid(&format!(
            "the file has {} bytes; a question file has at most {MAX_FILE_BYTES}",
            bytes.len()
        )));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        invalid("the file is not UTF-8 text; save it as UTF-8").with_source(error)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (settings, body) = match ending {
        "md" => front_matter::split(name, text)?,
        "txt" => (Settings::default(), text),
        _ => {
            return Err(invalid(&format!(
                "`.{ending}` files are not read as questions; name it `{id}.md` or `{id}.txt`"
            )));
        }
    };
    let text = body.trim();
    if text.is_empty() {
        return Err(invalid(
            "the file holds no question; write it in plain language below the front matter",
        ));
    }
    if text.len() > MAX_TEXT_BYTES {
        return Err(invalid(&format!(
            "the question has {} bytes; at most {MAX_TEXT_BYTES} are asked",
            text.len()
        )));
    }
    Ok(Question { id: id.to_owned(), text: text.to_owned(), settings })
}

/// Whether `id` can name a question: it becomes the Athena table's name, with underscores.
pub fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// The cadence and the id that a key `questions/<cadence>/<file>` stands for, readable or not;
/// `None` when the key is not a question's: folders inside, hidden files, editors' backups and READMEs.
pub fn of_key(key: &str) -> Option<(Cadence, String)> {
    let (folder, file) = key.strip_prefix(keys::QUESTIONS)?.split_once('/')?;
    let cadence = folder.parse().ok()?;
    let aside = file.starts_with(['.', '#'])
        || file.ends_with('~')
        || file.eq_ignore_ascii_case("readme.md");
    if file.is_empty() || file.contains('/') || aside {
        return None;
    }
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let id: String = stem
        .chars()
        .map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' })
        .take(64)
        .collect();
    Some((cadence, id))
}

/// The id that a file of that name would have; `None` when it cannot be a question. An id is used once, and
/// what cannot be a question takes none from one that can.
pub fn id_of_file(name: &str) -> Option<&str> {
    let file = name.rsplit('/').next().unwrap_or(name);
    let (id, ending) = file.rsplit_once('.')?;
    (is_id(id) && ["md", "txt"].contains(&ending)).then_some(id)
}

/// The zone of that IANA name.
pub fn time_zone(name: &str) -> Result<TimeZone, Error> {
    TimeZone::get(name).map_err(|error| {
        Error::new(
            ErrorKind::InvalidQuestion,
            format!("`{name}` is no time zone; use an IANA name such as Europe/Berlin or UTC"),
        )
        .with_source(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, bytes: &[u8], expected: Result<&str, &str>) {
        let read = read(name, bytes);
        match (&read, expected) {
            (Ok(question), Ok(text)) => assert_eq!(question.text, text, "{name}"),
            (Err(error), Err(part)) => {
                assert_eq!(error.kind(), ErrorKind::InvalidQuestion);
                assert!(error.to_string().contains(part), "{name}: `{error}` lacks `{part}`");
            }
            _ => panic!("{name}: {read:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn files_become_questions_or_say_why_not() {
        check("questions/daily/a.md", b"How many?\n", Ok("How many?"));
        check("a.txt", "\u{feff} How many?".as_bytes(), Ok("How many?"));
        check("a.txt", b"---\ntitle: x\n---\nHow?", Ok("---\ntitle: x\n---\nHow?"));
        check("a.md", b"---\ntitle: Students\ntimeout: 20s\n---\nHow many?", Ok("How many?"));
        check("a.md", b"---\r\ntitle: Students\r\n---\r\nHow many?\r\n", Ok("How many?"));
        check("a.md", b"", Err("holds no question"));
        check("a.md", b"---\ntitle: x\n---\n  \n", Err("holds no question"));
        check("a.md", b"---\ntitle: x\n", Err("a.md:1:1: the front matter has no end"));
        check("Weekly Sales.md", b"How?", Err("`Weekly Sales` is no question id"));
        check("a.sql", b"SELECT 1", Err("`.sql` files are not read"));
        check("a.md", b"\xff\xfe", Err("not UTF-8"));
        check("a.md", &vec![b'a'; MAX_TEXT_BYTES + 1], Err("at most 16384"));
        check("a.md", &vec![b'a'; MAX_FILE_BYTES + 1], Err("at most 65536"));
    }

    #[test]
    fn keys_name_cadence_and_id() {
        for (key, expected) in [
            ("questions/daily/new-students.md", Some((Cadence::Daily, "new-students"))),
            ("questions/adhoc/Weekly Sales.md", Some((Cadence::Adhoc, "weekly-sales"))),
            ("questions/daily/", None),
            ("questions/daily/.hidden.md", None),
            ("questions/daily/new-students.md~", None),
            ("questions/daily/README.md", None),
            ("questions/daily/deeper/x.md", None),
            ("questions/README.md", None),
            ("runs/x/plan.jsonl", None),
        ] {
            let expected = expected.map(|(cadence, id)| (cadence, id.to_owned()));
            assert_eq!(of_key(key), expected, "{key}");
        }
    }
}
