//! The tables of the Glue catalog: what Athena would read, and what happens to it when a question's columns change.

use std::{fs, path::PathBuf, process::Command};

use serde_json::{Value, json};

use crate::{
    duckdb,
    quaestor::{DataDir, Run, read, repository},
};

/// A question whose SQL is given, and changes from day to day.
struct Question(DataDir);

impl Question {
    fn new() -> Question {
        Question(DataDir::new())
    }

    /// The run of that day in November with that SQL.
    async fn ask(&self, day: u8, sql: &str) -> Run {
        let folder = PathBuf::from(self.0.path()).join("given");
        fs::create_dir_all(folder.join("daily")).expect("a folder");
        let text = format!("---\nsql: {}\n---\nWhich rooms are large?\n", json!(sql));
        fs::write(folder.join("daily/large-rooms.md"), text).expect("a question");
        let as_of = format!("2026-11-{day}T06:00:00Z");
        let data = self.0.path();
        let folder = folder.to_str().expect("UTF-8");
        let fixed = ["--questions", folder, "--data-dir", data, "--as-of", &as_of, "--json"];
        let ended = crate::quaestor::quaestor(&[&["run", "daily"], &fixed[..]].concat()).await;
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error} in {ended:#?}"))
    }

    async fn answered(&self, day: u8, sql: &str) {
        let run = self.ask(day, sql).await;
        assert_eq!(run.answers[0].status, "answered", "{run:#?}");
    }

    fn catalog(&self) -> String {
        let file = PathBuf::from(self.0.path()).join("glue/catalog.json");
        String::from_utf8(read(&file)).expect("UTF-8")
    }

    /// What the catalog was given of a table.
    fn table(&self, name: &str) -> Value {
        let catalog: Value = serde_json::from_str(&self.catalog()).expect("JSON");
        catalog["quaestor"]["tables"][name]["input"].clone()
    }

    /// The rows of a table by its stored definition alone.
    fn read(&self, table: &str) -> duckdb::Table {
        let output = Command::new(repository().join(".venv/bin/python"))
            .arg(repository().join("tests/readers/read_table.py"))
            .args([self.0.path(), table])
            .output()
            .expect("Python starts");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "DuckDB cannot read `{table}`: {told}");
        serde_json::from_slice(&output.stdout).expect("the reader's JSON")
    }
}

const FIRST: &str = "SELECT r.capacity, 40000::bigint AS n, 1.5::numeric(12,4) AS price, 7::smallint AS small \
                     FROM facilities.rooms r ORDER BY r.room_id LIMIT 1";
/// A column more, in front of the others.
const ADDED: &str = "SELECT 'x'::text AS note, r.capacity, 50000::bigint AS n, 2.5::numeric(12,4) AS price, \
                     8::smallint AS small FROM facilities.rooms r ORDER BY r.room_id LIMIT 1";
/// Narrower types, in another order, and a column less.
const NARROWER: &str = "SELECT -1::smallint AS n, 'y'::text AS note, (-3.25)::numeric(6,2) AS price, \
                        r.capacity FROM facilities.rooms r ORDER BY r.room_id LIMIT 1";

#[tokio::test]
async fn partitions_of_three_shapes_are_one_table() {
    let question = Question::new();
    question.answered(20, FIRST).await;
    question.answered(21, ADDED).await;
    let settled = question.catalog();
    question.answered(21, ADDED).await;
    assert_eq!(question.catalog(), settled, "a repeated run changes nothing");
    question.answered(22, NARROWER).await;

    let table = question.read("large_rooms");
    let columns = [
        ("capacity", "smallint"),
        ("n", "bigint"),
        ("price", "decimal(12,4)"),
        ("small", "smallint"),
        ("note", "string"),
        ("as_of", "string"),
    ];
    let columns = columns.map(|(name, athena_type)| (name.to_owned(), athena_type.to_owned()));
    assert_eq!(table.columns, columns);
    let capacity = table.rows[0][0].clone();
    assert!(capacity.is_some());
    let row = |n: &str, price: &str, small: Option<&str>, note: Option<&str>, as_of: &str| {
        let own = [Some(n), Some(price), small, note, Some(as_of)];
        [vec![capacity.clone()], own.map(|cell| cell.map(str::to_owned)).to_vec()].concat()
    };
    let rows = [
        row("40000", "1.5000", Some("7"), None, "2026-11-20"),
        row("50000", "2.5000", Some("8"), Some("x"), "2026-11-21"),
        row("-1", "-3.2500", None, Some("y"), "2026-11-22"),
    ];
    assert_eq!(table.rows, rows);

    let definition = question.table("large_rooms");
    assert_eq!(definition["StorageDescriptor"]["Location"], "s3://quaestor/reports/large-rooms/");
    let comment = &definition["StorageDescriptor"]["Columns"][0]["Comment"];
    assert_eq!(comment, "How many people it seats; also called seats");
    let view = question.table("large_rooms_latest");
    assert_eq!(view["TableType"], "VIRTUAL_VIEW");
    assert_eq!(view["StorageDescriptor"]["Columns"].as_array().map(Vec::len), Some(6));
}

#[tokio::test]
async fn a_changed_type_fails_and_leaves_what_there_was() {
    let question = Question::new();
    question.answered(20, FIRST).await;
    let report = question.0.object("reports/large-rooms/as_of=2026-11-20/report.parquet");
    let (bytes, table) = (read(&report), question.read("large_rooms"));
    for (sql, column, old, new) in [
        ("SELECT 'many'::text AS n FROM facilities.rooms r", "n", "bigint", "string"),
        ("SELECT 70000 AS small FROM facilities.rooms r", "small", "smallint", "int"),
        (
            "SELECT 1.55555::numeric(12,5) AS price FROM facilities.rooms r",
            "price",
            "decimal(12,4)",
            "decimal(12,5)",
        ),
    ] {
        let run = question.ask(20, sql).await;
        let answer = run.answer("large-rooms");
        assert_eq!(answer.error_type.as_deref(), Some("schema_changed"), "{answer:#?}");
        let message = answer.message.as_deref().unwrap_or_default();
        for part in [&format!("`{column}`"), old, new, "cast it in the SQL"] {
            assert!(message.contains(part), "{part}: {message}");
        }
        assert_eq!(read(&report), bytes, "{sql}");
        assert_eq!(question.read("large_rooms"), table, "{sql}");
    }
}

#[tokio::test]
async fn the_answers_are_a_table_of_every_run() {
    let question = Question::new();
    question.answered(20, FIRST).await;
    question.answered(21, "SELECT 1 AS n FROM facilities.rooms r LIMIT 2").await;
    let table = question.read("answers");
    let records = table.records();
    let told = records
        .iter()
        .map(|it| (it["question_id"], it["row_count"], it["as_of_date"], it["as_of_time"]));
    let expected = [
        (Some("large-rooms"), Some("1"), Some("2026-11-20"), Some("2026-11-20 06:00:00+00")),
        (Some("large-rooms"), Some("2"), Some("2026-11-21"), Some("2026-11-21 06:00:00+00")),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
}
