//! A question: a file of plain language, perhaps with settings.

mod front_matter;
mod json;
mod settings;

use std::time::Duration;

use jiff::tz::TimeZone;

pub use settings::{Alert, Expect, NotAnAlert, Pin, Settings};

use crate::{Cadence, Error, ErrorKind, keys, table};

/// The JSON Schema of what a question may set, for editors and other programs.
pub const SCHEMA: &str = include_str!("../../../schemas/question.schema.json");
/// The longest question, in bytes of its text: enough for pages of prose, small enough for the
/// 256 KiB that Step Functions hands from state to state.
pub const MAX_TEXT_BYTES: usize = 16 * 1024;
/// The largest file of one question, or line of a `.jsonl` file, in bytes.
pub const MAX_FILE_BYTES: usize = 64 * 1024;
/// The most questions in a `.jsonl` file.
pub const MAX_LINES: usize = 1000;
/// The largest `.jsonl` file, in bytes.
pub const MAX_LINES_BYTES: usize = 4 * 1024 * 1024;
/// What a question file's name may end in.
const ENDINGS: [&str; 4] = ["md", "txt", "json", "jsonl"];
/// How long a statement may run unless the question says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest time-out: the RDS Data API ends a call after 45 s, and with it the transaction.
pub const MAX_TIMEOUT: Duration = Duration::from_secs(40);

/// A question that can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its file's name without the ending, or what its line says; lower-case letters, digits and hyphens.
    pub id: String,
    /// What is asked.
    pub text: String,
    /// What its front matter or its object says.
    pub settings: Settings,
}

/// What a file holds in one place: a question, or why there is none.
#[derive(Debug)]
pub struct Entry {
    /// The question's id, or the nearest to one.
    pub id: String,
    /// The file, and for one of several lines its number: `questions/daily/many.jsonl:3`.
    pub place: String,
    /// The question; a fault is told as `name:line:column: what, and what to write instead`.
    pub question: Result<Question, Error>,
}

/// Reads a question file: one entry, but for a `.jsonl` one a line that is not blank. `name` is how messages
/// call it, its key or path. A line at fault leaves the others as they are.
pub fn read(name: &str, bytes: &[u8]) -> Vec<Entry> {
    let id = nearest_id(stem(name));
    let one = |question: Result<Question, Error>| {
        vec![Entry { id: id.clone(), place: name.to_owned(), question }]
    };
    match text_of(name, bytes) {
        Err(error) => one(Err(error)),
        Ok((_, "jsonl", text)) => {
            let lines: Vec<(usize, &str)> =
                (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()).collect();
            match lines.len() {
                0 => one(Err(invalid(format!(
                    "{name}: the file holds no question; write one a line"
                )))),
                count if count > MAX_LINES => one(Err(invalid(format!(
                    "{name}: the file has {count} questions; at most {MAX_LINES} in one file"
                )))),
                _ => lines
                    .into_iter()
                    .map(|(number, line)| line_entry(name, &id, number, line))
                    .collect(),
            }
        }
        Ok((id, ending, text)) => one(single(name, id, ending, text)),
    }
}

fn line_entry(name: &str, file_id: &str, number: usize, line: &str) -> Entry {
    let question = match line.len() {
        0..=MAX_FILE_BYTES => json::line(name, number, line),
        bytes => Err(invalid(format!(
            "{name}:{number}: the line has {bytes} bytes; a question has at most {MAX_FILE_BYTES}"
        ))),
    };
    let id = match &question {
        Ok(question) => question.id.clone(),
        Err(_) => format!("{file_id}-line-{number}"),
    };
    Entry { id, place: format!("{name}:{number}"), question }
}

fn single(name: &str, id: &str, ending: &str, text: &str) -> Result<Question, Error> {
    let (settings, body) = match ending {
        "json" => return json::object(name, id, text),
        "md" => front_matter::split(name, text)?,
        _ => (Settings::default(), text),
    };
    Ok(Question { id: id.to_owned(), text: checked_text(name, body)?, settings })
}

/// The id, the ending and the text of a file that can be read at all.
fn text_of<'a>(name: &'a str, bytes: &'a [u8]) -> Result<(&'a str, &'a str, &'a str), Error> {
    let fault = |what: String| invalid(format!("{name}: {what}"));
    let file_name = name.rsplit('/').next().unwrap_or(name);
    let Some((id, ending)) = file_name.rsplit_once('.') else {
        return Err(fault("the file's name has no ending; name it `<id>.md` or `<id>.txt`".into()));
    };
    if !is_id(id) {
        return Err(fault(no_id(id)));
    }
    // A file of many questions gives none its name.
    if ending != "jsonl" && table::is_reserved(id) {
        return Err(fault(reserved(id)));
    }
    if !ENDINGS.contains(&ending) {
        return Err(fault(format!(
            "`.{ending}` files are not read as questions; name it `{id}.md`, `{id}.txt`, `{id}.json` or `{id}.jsonl`"
        )));
    }
    let most = if ending == "jsonl" { MAX_LINES_BYTES } else { MAX_FILE_BYTES };
    if bytes.len() > most {
        return Err(fault(format!(
            "the file has {} bytes; a question file of this kind has at most {most}",
            bytes.len()
        )));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        fault(format!(
            "the file is not UTF-8 text, as its byte {} shows; save it as UTF-8",
            error.valid_up_to() + 1
        ))
        .with_source(error)
    })?;
    Ok((id, ending, text.strip_prefix('\u{feff}').unwrap_or(text)))
}

/// The question itself, without the space around it.
fn checked_text(name: &str, text: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Err(invalid(format!(
            "{name}: the file holds no question; write it in plain language below the front matter"
        )));
    }
    if text.len() > MAX_TEXT_BYTES {
        return Err(invalid(format!(
            "{name}: the question has {} bytes; at most {MAX_TEXT_BYTES} are asked",
            text.len()
        )));
    }
    Ok(text.to_owned())
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidQuestion, message)
}

fn no_id(id: &str) -> String {
    format!(
        "`{id}` is no question id; use up to 64 lower-case letters, digits and hyphens, a letter first"
    )
}

fn reserved(id: &str) -> String {
    format!(
        "`{id}` would be the table of all answers, or the view of another question's newest report; use another id"
    )
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
    Some((cadence, nearest_id(stem(file))))
}

/// The name without folders and ending.
fn stem(name: &str) -> &str {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

fn nearest_id(stem: &str) -> String {
    stem.chars()
        .map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' })
        .take(64)
        .collect()
}

/// The id of the question in a file of that name; `None` when there can be none, or are several. An id is used
/// once, and what cannot be a question takes none from one that can.
pub fn id_of_file(name: &str) -> Option<&str> {
    let file = name.rsplit('/').next().unwrap_or(name);
    let (id, ending) = file.rsplit_once('.')?;
    (is_id(id) && ["md", "txt", "json"].contains(&ending)).then_some(id)
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
        let entries = read(name, bytes);
        let [Entry { question, place, .. }] = &entries[..] else { panic!("{name}: {entries:?}") };
        assert_eq!(place, name);
        match (question, expected) {
            (Ok(question), Ok(text)) => assert_eq!(question.text, text, "{name}"),
            (Err(error), Err(part)) => {
                assert_eq!(error.kind(), ErrorKind::InvalidQuestion);
                assert!(error.to_string().contains(part), "{name}: `{error}` lacks `{part}`");
            }
            _ => panic!("{name}: {question:?}, expected {expected:?}"),
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
        check(
            "answers.md",
            b"How?",
            Err("answers.md: `answers` would be the table of all answers"),
        );
        check("sales-latest.txt", b"How?", Err("`sales-latest` would be"));
        check("Weekly Sales.md", b"How?", Err("`Weekly Sales` is no question id"));
        check("a.sql", b"SELECT 1", Err("`.sql` files are not read"));
        check("a.md", b"How\xff\xfe", Err("not UTF-8 text, as its byte 4 shows"));
        check("a.md", &vec![b'a'; MAX_TEXT_BYTES + 1], Err("at most 16384"));
        check("a.md", &vec![b'a'; MAX_FILE_BYTES + 1], Err("at most 65536"));
    }

    #[test]
    fn json_files_hold_one_question() {
        check("a.json", br#"{"question": "How many \ud83d\ude00?"}"#, Ok("How many \u{1f600}?"));
        check("a.json", br#"{"id": "a", "question": "How?", "timeout": 5}"#, Ok("How?"));
        check("a.json", br#"{"id": "b", "question": "How?"}"#, Err("it is the file's name, `a`"));
        check("a.json", br#"{"title": "T"}"#, Err("no `question`"));
        check("a.json", br#"{"question": " "}"#, Err("holds no question"));
        check(
            "a.json",
            b"{\n  \"quetsion\": 1}",
            Err("a.json:2:12: unknown key `quetsion`; did you mean `question`?"),
        );
        check(
            "a.json",
            br#"{"question": "Q", "expect": {"rows": 1}}"#,
            Err("did you mean `min_rows`?"),
        );
        check("a.json", br#"{"question": 5}"#, Err("a.json:1:14: invalid type"));
        check("a.json", b"[]", Err("a.json:1:1: no JSON object"));
        check("a.json", b"{", Err("a.json:1:1: EOF"));
        check("a.jsonl", b"\n \n", Err("holds no question"));
        check("a.jsonl", "{}\n".repeat(MAX_LINES + 1).as_bytes(), Err("at most 1000"));
    }

    #[test]
    fn a_line_at_fault_leaves_the_others() {
        let file = concat!(
            r#"{"id": "one", "question": "How many?", "max_rows": 5}"#,
            "\r\n\n",
            r#"{"id": "Two", "question": "How many?"}"#,
            "\n{\n",
            r#"{"question": "How many?"}"#,
            "\n",
            r#"{"id": "six", "question": "How many?", "tabels": []}"#,
        );
        let told: Vec<(String, String, String)> =
            read("questions/daily/many.jsonl", file.as_bytes())
                .into_iter()
                .map(|entry| {
                    let what = match entry.question {
                        Ok(question) => format!("{:?}", question.settings.max_rows),
                        Err(error) => error.to_string().replacen("questions/daily/", "", 1),
                    };
                    (entry.id, entry.place.replacen("questions/daily/", "", 1), what)
                })
                .collect();
        let expected = [
            ("one", "many.jsonl:1", "Some(5)"),
            ("many-line-3", "many.jsonl:3", "many.jsonl:3: `id`: `Two` is no question id"),
            ("many-line-4", "many.jsonl:4", "many.jsonl:4:1: EOF while parsing"),
            ("many-line-5", "many.jsonl:5", "many.jsonl:5: no `id`"),
            (
                "many-line-6",
                "many.jsonl:6",
                "many.jsonl:6:47: unknown key `tabels`; did you mean `tables`?",
            ),
        ];
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for ((id, place, what), expected) in told.iter().zip(expected) {
            assert_eq!((id.as_str(), place.as_str()), (expected.0, expected.1));
            assert!(what.starts_with(expected.2), "`{what}` is not `{}`", expected.2);
        }
    }

    #[test]
    fn a_line_is_no_longer_than_a_file() {
        let long = format!(
            r#"{{"id": "long", "question": "How?", "title": "{}"}}"#,
            "x".repeat(MAX_FILE_BYTES)
        );
        let file = format!("{long}\n{}", r#"{"id": "short", "question": "How?"}"#);
        let entries = read("many.jsonl", file.as_bytes());
        let told = entries[0].question.as_ref().expect_err("too long").to_string();
        assert!(told.starts_with("many.jsonl:1: the line has"), "{told}");
        assert!(entries[1].question.is_ok());
    }

    /// A schema that parts from the reader would have editors praise what is refused.
    #[test]
    fn the_schema_knows_the_same_keys() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).expect("a schema");
        let check = |file: &str, properties: &serde_json::Value| {
            let entries = read("a.json", file.as_bytes());
            let error = entries[0].question.as_ref().expect_err("an unknown key").to_string();
            let (_, known) = error.split_once("the keys are ").expect("the keys");
            let mut known: Vec<&str> = known.split(", ").collect();
            known.sort_unstable();
            let properties = properties.as_object().expect("properties");
            let mut properties: Vec<&String> = properties.keys().collect();
            properties.sort_unstable();
            assert_eq!(known, properties);
        };
        check(r#"{"?": 1}"#, &schema["properties"]);
        check(r#"{"expect": {"?": 1}}"#, &schema["properties"]["expect"]["properties"]);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_become_entries(bytes: Vec<u8>, text: String) {
            let texts = [
                bytes,
                format!("---\n{}\n---\nHow?", text).into_bytes(),
                format!("{{\"question\":\"{}\"}}", text).into_bytes(),
            ];
            for name in ["a.md", "a.txt", "a.json", "a.jsonl"] {
                for text in &texts {
                    proptest::prop_assert!(!read(name, text).is_empty());
                }
            }
        }
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
