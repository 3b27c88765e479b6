//! Every sample question, against SQL written by hand and what PostgreSQL answers to it.

use std::collections::BTreeSet;

use crate::{
    duckdb::read_parquet,
    fixtures::{self, Expected},
    quaestor::{Answer, DataDir},
    sample_database::SampleDatabase,
};

#[tokio::test]
async fn every_sample_question_is_answered_rightly_or_declined_for_the_stated_reason() {
    let database = SampleDatabase::start().await;
    let url = database.url();
    let data = DataDir::new();
    let expected = fixtures::expected();
    let mut faults = Vec::new();
    let mut asked = BTreeSet::new();
    for (cadence, ids) in fixtures::questions() {
        let (exit_code, run) = data.run(&[&cadence, "--database-url", &url]).await;

        let answered: Vec<_> = run.answers.iter().map(|answer| answer.id.clone()).collect();
        assert_eq!(answered, ids, "each question of `{cadence}` has one answer");
        let failed = run.answers.iter().any(|answer| answer.error_type.is_some());
        assert_eq!(exit_code, i32::from(failed), "{run:#?}");
        for answer in &run.answers {
            let expected = expected.get(&answer.id).expect("fixtures/expected has every question");
            let fault = compare(&database, &data, answer, expected).await.err();
            faults.extend(fault.map(|fault| format!("`{}`: {fault}\n{answer:#?}", answer.id)));
        }
        asked.extend(ids);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    assert_eq!(asked, expected.into_keys().collect(), "each fixture has its question");
}

async fn compare(
    database: &SampleDatabase,
    data: &DataDir,
    answer: &Answer,
    expected: &Expected,
) -> Result<(), String> {
    let outcome = match &answer.error_type {
        Some(error_type) => error_type,
        None => "a report",
    };
    let sql = match expected {
        Expected::Declined(error_type) if error_type == outcome => return Ok(()),
        Expected::Rows(sql) if answer.error_type.is_none() => sql,
        _ => return Err(format!("{outcome}, where {expected:?} is expected")),
    };
    let report = read_parquet(&data.report(answer));
    equal("row counts", &Some(report.rows.len() as u64), &answer.row_count)?;

    let found: Vec<_> =
        report.columns.iter().map(|(name, kind)| (name.clone(), without_digits(kind))).collect();
    let columns = database.columns(sql).await.into_iter();
    let columns: Vec<_> = columns.map(|(name, kind)| (name, duckdb_type(&kind))).collect();
    equal("columns", &found, &columns)?;

    let types: Vec<_> = report.columns.into_iter().map(|(_, kind)| kind).collect();
    equal("rows", &report.rows, &database.rows_as(sql, &types).await)
}

fn equal<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: &T,
    expected: &T,
) -> Result<(), String> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what} differ\nfound    {found:?}\nexpected {expected:?}"))
    }
}

/// How many digits a report keeps is the report's affair: the rows are compared at that many.
fn without_digits(duckdb_type: &str) -> &str {
    duckdb_type.split('(').next().unwrap_or(duckdb_type)
}

/// What DuckDB should call a column of this PostgreSQL type.
fn duckdb_type(postgresql: &str) -> &'static str {
    match postgresql {
        "bool" => "BOOLEAN",
        "int2" => "SMALLINT",
        "int4" => "INTEGER",
        "int8" => "BIGINT",
        "numeric" => "DECIMAL",
        "text" | "varchar" | "bpchar" => "VARCHAR",
        "date" => "DATE",
        "timestamp" => "TIMESTAMP",
        "timestamptz" => "TIMESTAMP WITH TIME ZONE",
        other => {
            panic!("the sample's questions had no `{other}` so far: say what a report makes of it")
        }
    }
}
