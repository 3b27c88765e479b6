//! Folders of questions, planned.

use super::*;
use crate::Cadence;
use crate::memory::Memory;
use crate::schema::{Schema, Table};

struct Catalog;

impl SchemaReader for Catalog {
    async fn read(&self) -> Result<Schema, Error> {
        Ok(Schema {
            tables: vec![Table { schema: "public".into(), name: "t".into(), ..Table::default() }],
        })
    }
}

fn input(keys: Option<&[&str]>) -> RunInput {
    RunInput {
        run_id: "daily-1".into(),
        cadence: Cadence::Daily,
        as_of: "2026-11-22T23:30:00Z".parse().expect("an as-of"),
        time_zone: "Europe/Berlin".into(),
        keys: keys.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect()),
    }
}

async fn check(store: &Memory, input: &RunInput, expected: &[(&str, &str, Option<&str>)]) {
    let planned = run(store, &Catalog, input).await.expect("planned");
    let lines =
        read(&store.get(&planned.key).await.expect("read").expect("a plan")).expect("lines");
    let seen: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line.id.as_str(),
                line.partition.as_str(),
                line.failure.as_ref().map(|failure| failure.error_type.as_str()),
            )
        })
        .collect();
    assert_eq!(seen, expected);
    assert_eq!(planned.question_count, expected.len());
}

#[tokio::test]
async fn a_bad_file_is_a_line_and_not_the_end() {
    let store = Memory::of(&[
        ("questions/daily/good.md", "How many?"),
        ("questions/daily/bad.md", "---\nnope: 1\n---\nHow many?"),
        ("questions/daily/twin.md", "How many?"),
        ("questions/weekly/twin.txt", "How many?"),
        ("questions/daily/good.md~", "How few?"),
        ("questions/daily/README.md", "about these"),
        ("questions/weekly/good.csv", "1,2"),
        ("questions/weekly/other.md", "How many?"),
    ]);
    check(
        &store,
        &input(None),
        &[
            ("bad", "2026-11-23", Some("invalid_question")),
            ("good", "2026-11-23", None),
            ("twin", "2026-11-23", Some("duplicate_question")),
        ],
    )
    .await;
}

#[tokio::test]
async fn named_questions_keep_their_own_cadence() {
    let store = Memory::of(&[("questions/adhoc/a.md", "How many?")]);
    check(
        &store,
        &input(Some(&["questions/adhoc/a.md", "questions/hourly/gone.md"])),
        &[
            ("a", "2026-11-22T233000Z", None),
            ("gone", "2026-11-22T23Z", Some("question_not_found")),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_file_of_lines_is_many_questions() {
    let lines = r#"{"id": "one", "question": "How many?", "alert": "rows > 3"}
        {"id": "twin", "question": "How many?"}
        {"id": "two"}
        {"id": "again", "question": "How?"}
        {"id": "again", "question": "How?"}"#;
    let store = Memory::of(&[
        ("questions/daily/many.jsonl", lines),
        ("questions/weekly/twin.json", r#"{"question": "How many?"}"#),
    ]);
    let date = "2026-11-23";
    check(
        &store,
        &input(None),
        &[
            ("again", date, Some("duplicate_question")),
            ("again", date, Some("duplicate_question")),
            ("many-line-3", date, Some("invalid_question")),
            ("one", date, None),
            ("twin", date, Some("duplicate_question")),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_retry_finds_the_plan_and_changes_nothing() {
    let store = Memory::of(&[("questions/daily/good.md", "How many?")]);
    check(&store, &input(None), &[("good", "2026-11-23", None)]).await;
    store.put("questions/daily/late.md", b"How late?".to_vec()).await.expect("put");
    check(&store, &input(None), &[("good", "2026-11-23", None)]).await;
}

#[tokio::test]
async fn an_empty_folder_is_an_empty_plan() {
    check(&Memory::default(), &input(None), &[]).await;
}
