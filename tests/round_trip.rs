//! Random tables go from PostgreSQL through whole runs into Parquet, and come back out of DuckDB and pyarrow as
//! PostgreSQL prints them.

mod tables;

use std::{collections::BTreeMap, path::PathBuf, process::Command};

use local::postgres::{Postgres, Programs};
use proptest::{
    collection::vec,
    strategy::{Strategy as _, ValueTree as _},
    test_runner::{Config, RngSeed, TestRunner},
};
use serde_json::Value;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::{
    duckdb::Row,
    quaestor::{DataDir, repository},
};
use tables::{column_name, columns, kinds, long_columns, script};

/// Each is one question of one run. The last is a long one.
const TABLES: usize = 17;

#[tokio::test]
async fn what_was_stored_is_what_is_read() {
    let mut runner =
        TestRunner::new(Config { rng_seed: RngSeed::Fixed(20_261_122), ..Config::default() });
    let tables = (vec(columns(), TABLES - 1), long_columns());
    let (mut tables, long) = tables.new_tree(&mut runner).expect("tables").current();
    tables.push(long);
    let name = |table: usize| format!("stored.table_{table}");
    let scripts = tables.iter().enumerate().map(|(table, it)| script(&name(table), it));
    let script = format!("CREATE SCHEMA stored;\n{}", scripts.collect::<String>());

    let postgres = Postgres::start(&Programs::find().expect("PostgreSQL")).await.expect("a server");
    let database = postgres.create_database_with("random", &[&script]).await.expect("tables");
    let (client, connection) = database.superuser.connect(NoTls).await.expect("a connection");
    tokio::spawn(connection);

    let folder = tempfile::tempdir().expect("a folder");
    let mut questions = Vec::new();
    for (table, columns) in tables.iter().enumerate() {
        let names: Vec<String> = (0..columns.len()).map(column_name).collect();
        let sql = format!("SELECT {} FROM {} ORDER BY n", names.join(", "), name(table));
        let path = folder.path().join(format!("table-{table}.md"));
        let question = format!("---\nsql: |\n  {sql}\n---\n\nWhat is stored in table {table}?\n");
        std::fs::write(&path, question).expect("a question");
        questions.push(path.to_str().expect("UTF-8").to_owned());
    }
    let questions: Vec<&str> = questions.iter().map(String::as_str).collect();
    let url = postgres.read_only_url("random");
    let data = DataDir::new();
    let (exit_code, run) = data.run(&[&questions[..], &["--database-url", &url]].concat()).await;
    assert_eq!((exit_code, run.answers.len()), (0, TABLES), "{run:#?}");

    let report = |table: usize| data.report(run.answer(&format!("table-{table}")));
    let read = read_values(&(0..TABLES).map(report).collect::<Vec<_>>());
    for (table, columns) in tables.iter().enumerate() {
        let types: Vec<&str> = columns.iter().map(|(kind, _)| kinds()[*kind].name).collect();
        let expected = printed(&client, &name(table), &types).await;
        for (reader, rows) in &read[table] {
            assert_eq!(rows.len(), expected.len(), "{reader}, table {table} of {types:?}");
            for (row, (found, expected)) in rows.iter().zip(&expected).enumerate() {
                for (place, kind) in types.iter().enumerate() {
                    let plain = |text: &Option<String>| text.as_deref().map(|it| plain(kind, it));
                    let (found, expected) = (plain(&found[place]), plain(&expected[place]));
                    assert_eq!(found, expected, "{reader}, table {table}, row {row}, a {kind}");
                }
            }
        }
    }
}

/// The rows of each file, by reader.
fn read_values(paths: &[PathBuf]) -> Vec<BTreeMap<String, Vec<Row>>> {
    let output = Command::new(repository().join(".venv/bin/python"))
        .arg(repository().join("tests/readers/read_values.py"))
        .args(paths)
        .output()
        .expect("`scripts/setup test` installs Python's readers");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = std::str::from_utf8(&output.stdout).expect("UTF-8").lines();
    lines.map(|line| serde_json::from_str(line).expect("the reader's JSON")).collect()
}

/// The table's rows in PostgreSQL's own text, arrays as JSON.
async fn printed(client: &Client, table: &str, types: &[&str]) -> Vec<Row> {
    let column = |(place, kind): (usize, &&str)| match kind.ends_with("[]") {
        true => format!("to_json({})::text", column_name(place)),
        false => column_name(place),
    };
    let columns: Vec<String> = types.iter().enumerate().map(column).collect();
    let sql = format!("SELECT {} FROM {table} ORDER BY n", columns.join(", "));
    let messages = client.simple_query(&sql).await.expect("rows");
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    rows.map(|row| (0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()).collect()
}

/// The value that a text means, in one form for PostgreSQL and for every reader.
fn plain(kind: &str, text: &str) -> String {
    let without_zeros = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    match kind {
        "boolean" => text.starts_with('t').to_string(),
        "real" => text.parse::<f32>().expect("a float").to_string(),
        "double precision" => text.parse::<f64>().expect("a float").to_string(),
        "timestamp" | "timestamptz" => without_zeros(text.trim_end_matches("+00")),
        numeric if numeric.starts_with("numeric") => without_zeros(text),
        "bytea" => text.trim_start_matches("\\x").to_owned(),
        list if list.ends_with("[]") => {
            serde_json::from_str::<Value>(text).expect("JSON").to_string()
        }
        _ => text.to_owned(),
    }
}
