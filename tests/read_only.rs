//! Nothing that is asked changes the database.

use crate::{
    fixtures,
    quaestor::{DataDir, quaestor},
    sample_database::SampleDatabase,
};

#[tokio::test]
async fn every_row_and_the_catalog_are_as_they_were() {
    let database = SampleDatabase::start().await;
    let before = database.contents().await;
    assert!(before.iter().any(|(table, rows)| table == "academics.students" && !rows.is_empty()));
    let url = database.url();
    let data = DataDir::new();
    for cadence in fixtures::questions().keys() {
        data.run(&[cadence, "--database-url", &url]).await;
    }
    let after = database.contents().await;
    for ((table, before), (_, after)) in before.iter().zip(&after) {
        assert_eq!(before, after, "{table} has changed");
    }
    assert_eq!(before.len(), after.len(), "a table came or went");
}

#[tokio::test]
async fn a_request_to_add_a_student_is_declined_before_any_sql_is_made() {
    let data = DataDir::new();
    let (exit_code, run) = data.run(&["questions/adhoc/new-student.md"]).await;

    assert_eq!((exit_code, run.answers.len()), (1, 1), "{run:#?}");
    let answer = run.answer("new-student");
    assert_eq!(answer.error_type.as_deref(), Some("guardrail_blocked"), "{answer:#?}");
    assert_eq!((&answer.sql, &answer.report_key), (&None, &None), "{answer:#?}");
    let attempts = data.object(&format!("runs/{}/attempts/new-student", run.run_id));
    assert!(!attempts.exists(), "an action group was called: `{}`", attempts.display());
}

#[tokio::test]
async fn a_role_that_can_write_is_told_of() {
    let database = SampleDatabase::start().await;
    let check = async |url: &str, warned: bool| {
        let data = DataDir::new();
        let file = "questions/daily/students-by-department.md";
        let ended =
            quaestor(&["run", file, "--data-dir", data.path(), "--database-url", url, "--json"])
                .await;
        assert_eq!(ended.exit_code, 0, "{ended:#?}");
        assert_eq!(ended.stderr.contains("warning: "), warned, "{ended:#?}");
    };
    check(&database.url(), false).await;
    check(&database.superuser_url(), true).await;
}
