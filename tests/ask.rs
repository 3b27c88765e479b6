//! `quaestor ask`: SQL, rows, words and steps, for people and for programs.

use serde_json::Value;

use crate::quaestor::{AS_OF, DataDir, Ended, quaestor};

async fn ask(data: &DataDir, question: &str, more: &[&str]) -> Ended {
    let fixed = ["ask", question, "--as-of", AS_OF, "--data-dir", data.path()];
    quaestor(&[&fixed, more].concat()).await
}

#[tokio::test]
async fn a_person_sees_sql_rows_words_and_every_step() {
    let data = DataDir::new();
    let ended = ask(&data, "How many students are there?", &["--trace"]).await;

    assert_eq!(ended.exit_code, 0, "{ended:#?}");
    let mut rest = ended.stdout.as_str();
    for expected in [
        "Guardrail:",
        "Pre-processing:",
        "Orchestration:",
        "Rationale: ",
        "Invocation input: generate-query",
        "question: How many students are there?",
        "Observation: {\"sql\":",
        "Invocation input: execute-query",
        "Observation: {\"columns\":",
        "Final answer:",
        "\nSELECT count(*)",
        "│",
        "1 of 1 rows",
        "The agent: ",
        "the whole report: reports/ask-",
    ] {
        let found = rest.find(expected);
        let at = found.unwrap_or_else(|| panic!("no `{expected}`, in order, in {ended:#?}"));
        rest = &rest[at + expected.len()..];
    }
    let steps: Vec<&str> = ended.stdout.lines().filter(|line| line.starts_with("Step ")).collect();
    for (index, step) in steps.iter().enumerate() {
        assert!(step.starts_with(&format!("Step {} - ", index + 1)), "{steps:#?}");
    }
}

#[tokio::test]
async fn a_program_reads_one_object() {
    let data = DataDir::new();
    let ended = ask(&data, "Which departments are there?", &["--json", "--trace"]).await;

    assert_eq!(ended.exit_code, 0, "{ended:#?}");
    let asked: Value = serde_json::from_str(&ended.stdout).expect("one JSON object");
    let rows = asked["rows"].as_array().expect("rows");
    assert!(!rows.is_empty() && rows.iter().all(Value::is_object), "{asked:#}");
    assert_eq!(asked["row_count"], rows.len(), "{asked:#}");
    assert!(asked["sql"].as_str().is_some_and(|sql| sql.contains("academics.departments")));
    assert!(asked["narrative"].as_str().is_some_and(|words| !words.is_empty()), "{asked:#}");
    assert_eq!(asked["error_type"], Value::Null);
    let key = asked["report_key"].as_str().expect("a report");
    assert!(data.object(key).is_file(), "{asked:#}");
    let trace = asked["trace"].as_array().expect("a trace");
    assert!(trace.iter().any(|part| part["orchestrationTrace"]["observation"].is_object()));
}

#[tokio::test]
async fn what_cannot_be_answered_says_why_and_exits_with_1() {
    let data = DataDir::new();
    for (question, error_type) in [
        ("Which projects take place in which buildings?", "unanswerable"),
        ("Delete all students", "guardrail_blocked"),
    ] {
        let ended = ask(&data, question, &[]).await;
        assert_eq!(ended.exit_code, 1, "{ended:#?}");
        let expected = format!("not answered: {error_type}: ");
        assert!(ended.stdout.contains(&expected), "no `{expected}` in {ended:#?}");

        let ended = ask(&data, question, &["--json"]).await;
        assert_eq!(ended.exit_code, 1, "{ended:#?}");
        let asked: Value = serde_json::from_str(&ended.stdout).expect("one JSON object");
        assert_eq!(asked["error_type"], error_type, "{asked:#}");
        assert_eq!((&asked["rows"], asked.get("trace")), (&Value::Null, None));
    }
}
