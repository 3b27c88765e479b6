//! No report of the sample's tables and of the generator `sales` is larger than the file that DuckDB writes of the same rows
//! and the same metadata, with zstd.

use std::{collections::BTreeMap, path::PathBuf, process::Command};

use local::postgres::{Postgres, Programs};

use crate::quaestor::{DataDir, repository};

/// The sample's tables.
const SAMPLE: [&str; 12] = [
    "academics.courses",
    "academics.departments",
    "academics.enrollments",
    "academics.students",
    "facilities.buildings",
    "facilities.equipment",
    "facilities.rooms",
    "research.project_members",
    "research.projects",
    "research.publications",
    "staff.employees",
    "staff.salaries",
];

/// Beginnings of the generator's table, in rows: within a portion of the encoder, a little more, and two pages.
const SALES: [usize; 4] = [100, 700, 5_000, 40_000];

const SCRIPTS: [&str; 3] = [
    include_str!("../sample/university/schema.sql"),
    include_str!("../sample/university/data.sql"),
    include_str!("fixtures/sales.sql"),
];

#[tokio::test]
async fn no_report_is_larger_than_duckdbs_file_of_the_same() {
    let postgres = Postgres::start(&Programs::find().expect("PostgreSQL")).await.expect("a server");
    postgres.create_database_with("sizes", &SCRIPTS).await.expect("tables");
    let of_sample = SAMPLE.map(|table| {
        (table.replace(['.', '_'], "-"), format!("SELECT * FROM {table} ORDER BY 1, 2"))
    });
    let of_sales = SALES.map(|rows| {
        let sql = format!("SELECT * FROM generated.sales ORDER BY sale_id LIMIT {rows}");
        (format!("sales-{rows}"), sql)
    });
    let sql: BTreeMap<String, String> = of_sample.into_iter().chain(of_sales).collect();

    let folder = tempfile::tempdir().expect("a folder");
    let question = |(id, sql): (&String, &String)| {
        let path = folder.path().join(format!("{id}.md"));
        std::fs::write(&path, format!("---\nsql: {sql}\n---\n\nWhat is there?\n")).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    };
    let mut arguments: Vec<String> = sql.iter().map(question).collect();
    arguments.extend(["--database-url".to_owned(), postgres.read_only_url("sizes")]);
    let data = DataDir::new();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (exit_code, run) = data.run(&arguments).await;
    assert_eq!((exit_code, run.answers.len()), (0, sql.len()), "{run:#?}");

    let reports: Vec<PathBuf> = sql.keys().map(|id| data.report(run.answer(id))).collect();
    for (id, (ours, duckdb)) in sql.keys().zip(sizes(&reports)) {
        assert!(ours <= duckdb, "{id}: {ours} bytes, and DuckDB's {duckdb}");
    }
}

/// The bytes of each file and of DuckDB's copy.
fn sizes(reports: &[PathBuf]) -> Vec<(u64, u64)> {
    let output = Command::new(repository().join(".venv/bin/python"))
        .arg(repository().join("tests/readers/copy_sizes.py"))
        .args(reports)
        .output()
        .expect("`scripts/setup test` installs Python's readers");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("the reader's JSON")
}
