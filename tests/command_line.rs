//! What the command line promises: exit codes, messages, and output that programs can read.

use std::{collections::BTreeSet, fs};

use serde_json::Value;

use crate::quaestor::{AS_OF, DataDir, quaestor, quaestor_reading};

#[tokio::test]
async fn a_run_exits_with_0_when_every_question_was_answered() {
    let data = DataDir::new();
    let file = "questions/daily/students-by-department.md";
    let (exit_code, run) = data.run(&[file]).await;

    assert_eq!(exit_code, 0, "{run:#?}");
    assert!(run.run_id.starts_with("adhoc-"), "{run:#?}");
    assert_eq!(run.as_of, AS_OF);
    let answer = run.answer("students-by-department");
    assert!(answer.sql.is_some(), "{answer:#?}");
    let rows = answer.row_count.expect("a count");

    let show = async |arguments: &[&str]| {
        let fixed = ["show", "students-by-department", "--data-dir", data.path()];
        let shown = quaestor(&[&fixed, arguments].concat()).await;
        assert_eq!(shown.exit_code, 0, "{shown:#?}");
        shown.stdout
    };
    let csv = show(&["--format", "csv"]).await;
    assert_eq!(csv.lines().count() as u64, 1 + rows, "a heading and the rows:\n{csv}");
    let json: Value = serde_json::from_str(&show(&["--format", "json"]).await).expect("JSON");
    assert_eq!(json.as_array().map(Vec::len), Some(rows as usize), "{json:#}");
    let column =
        csv.lines().next().and_then(|heading| heading.split(',').next()).expect("a column");
    assert!(show(&[]).await.contains(column), "the table has the column `{column}`");
}

#[tokio::test]
async fn the_json_of_a_run_has_these_keys_and_no_others() {
    let data = DataDir::new();
    let arguments = ["run", "adhoc", "--as-of", AS_OF, "--data-dir", data.path(), "--json"];
    let ended = quaestor(&arguments).await;

    assert_eq!(ended.exit_code, 1, "{ended:#?}");
    let run: Value = serde_json::from_str(&ended.stdout).expect("one JSON object and nothing else");
    let keys = |value: &Value| -> BTreeSet<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    assert_eq!(keys(&run), BTreeSet::from(["answers", "as_of", "run_id"].map(str::to_owned)));
    let answers = run["answers"].as_array().expect("answers");
    assert!(!answers.is_empty());
    for answer in answers {
        let expected = ["error_type", "id", "message", "report_key", "row_count", "sql", "status"]
            .map(str::to_owned);
        assert_eq!(keys(answer), BTreeSet::from(expected));
    }
}

#[tokio::test]
async fn where_there_is_no_run_the_exit_code_is_2_and_the_message_says_why() {
    let data = DataDir::new();
    let check = async |arguments: &[&str], expected: &str| {
        let ended = quaestor(&[arguments, &["--data-dir", data.path()]].concat()).await;
        assert_eq!(ended.exit_code, 2, "{arguments:?}: {ended:#?}");
        assert!(ended.stderr.contains(expected), "{arguments:?}: no `{expected}` in {ended:#?}");
        assert_eq!(ended.stdout, "", "{arguments:?}");
    };
    check(&["run", "fortnightly"], "neither a cadence (hourly, daily").await;
    check(&["run", "questions/daily/no-such.md"], "`questions/daily/no-such.md`").await;
    check(&["run"], "required arguments were not provided").await;
    check(&["run", "daily", "--as-of", "yesterday"], "`yesterday` is not a time").await;
    check(&["run", "daily", "--time-zone", "Mars/Olympus"], "`Mars/Olympus` is no time zone").await;
    check(&["run", "daily", "--questions", "no-such-folder"], "no folder `no-such-folder`").await;
    check(&["run", "daily", "--database-url", "mysql://localhost/x"], "PostgreSQL").await;
    check(&["run", "daily", "--model-url", "http://127.0.0.1:1/v1"], "--model").await;
    check(&["show", "no-such-question"], "no reports in").await;
    check(&["answer"], "unrecognized subcommand").await;
    check(&["ask", " "], "the question is empty").await;
    check(&["up", "--schedule", "daily=6"], "write daily=06:00").await;
    check(&["up", "--watch", "no-such-folder"], "no folder `no-such-folder`").await;
}

#[tokio::test]
async fn help_shows_examples() {
    for command in [
        &["--help"][..],
        &["run", "--help"],
        &["ask", "--help"],
        &["up", "--help"],
        &["lint", "--help"],
        &["show", "--help"],
        &["guard", "--help"],
        &["sample", "load", "--help"],
    ] {
        let ended = quaestor(command).await;
        assert_eq!(ended.exit_code, 0, "{ended:#?}");
        assert!(
            ended.stdout.contains("Examples:\n  "),
            "{command:?} without examples: {}",
            ended.stdout
        );
    }
    let bare = quaestor(&[]).await;
    assert_eq!(bare.exit_code, 2);
    assert!(bare.stderr.contains("Usage: quaestor"), "{bare:#?}");
}

#[tokio::test]
async fn lint_names_the_file_the_place_and_what_to_write_instead() {
    assert_eq!(quaestor(&["lint"]).await.exit_code, 0, "the sample questions are in order");

    let data = DataDir::new();
    let file = format!("{}/a-question.md", data.path());
    fs::write(&file, "---\ntabels: [academics.students]\n---\nHow many students are there?\n")
        .expect("a question");
    let ended = quaestor(&["lint", &file]).await;
    assert_eq!(ended.exit_code, 1, "{ended:#?}");
    let expected = format!("{file}:2:1: unknown key `tabels`; did you mean `tables`?");
    assert!(ended.stdout.contains(&expected), "no `{expected}` in {}", ended.stdout);

    let schema = quaestor(&["lint", "--schema"]).await;
    let schema: Value = serde_json::from_str(&schema.stdout).expect("a schema");
    assert_eq!(schema["properties"]["tables"]["type"], "array");

    let nothing = quaestor(&["lint", "no-such-folder"]).await;
    assert_eq!(nothing.exit_code, 2, "{nothing:#?}");
}

#[tokio::test]
async fn the_guard_gives_one_verdict_a_line_in_order() {
    let cases = [
        (r#"{"sql": "SELECT count(*) FROM academics.students;"}"#, "accept"),
        (r#"{"sql": "WITH s AS (SELECT 1 AS one) SELECT one FROM s"}"#, "accept"),
        (r#"{"sql": "DELETE FROM academics.students"}"#, "refuse"),
        (r#"{"sql": "SELECT 1; DROP TABLE academics.students"}"#, "refuse"),
        (r#"{"sql": "SELECT pg_sleep(10)"}"#, "refuse"),
        (r#"{"sql": "SELECT * FROM academics.students FOR UPDATE"}"#, "refuse"),
        (r#"{"sql": "SELECT 'not ended"}"#, "refuse"),
        (r#"{"sql": ""}"#, "refuse"),
        (r#"{"statement": "SELECT 1"}"#, "refuse"),
    ];
    let input: String = cases.iter().map(|(line, _)| format!("{line}\n")).collect();

    let ended = quaestor_reading(&input, &["guard", "--jsonl"]).await;

    assert_eq!(ended.exit_code, 0, "{ended:#?}");
    let verdicts: Vec<Value> =
        ended.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(verdicts.len(), cases.len(), "{verdicts:#?}");
    for ((line, expected), verdict) in cases.iter().zip(&verdicts) {
        assert_eq!(verdict["verdict"], *expected, "{line}: {verdict}");
        let told = verdict["reason"].as_str().is_some_and(|reason| !reason.is_empty());
        assert_eq!(told, *expected == "refuse", "{line}: {verdict}");
    }
}

#[tokio::test]
async fn the_guard_answers_a_person_by_word_and_exit_code() {
    for (sql, exit_code, word) in
        [("SELECT 1", 0, "accepted"), ("DROP TABLE academics.students", 1, "refused: `DROP")]
    {
        let ended = quaestor_reading(sql, &["guard"]).await;
        assert_eq!(ended.exit_code, exit_code, "{sql}: {ended:#?}");
        assert!(ended.stdout.starts_with(word), "{sql}: {ended:#?}");
    }
}
