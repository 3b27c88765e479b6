//! A question that fails says why and what to do, and leaves the others alone.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    duckdb::read_parquet,
    quaestor::{DataDir, Run},
};

/// A file under `questions/daily/`, and what its answer should be.
struct Case {
    file: &'static str,
    text: &'static str,
    expected: Result<&'static str, Failure>,
}

/// `message` is a part of it that a person can act on.
struct Failure {
    error_type: &'static str,
    message: &'static str,
}

const fn fails(error_type: &'static str, message: &'static str) -> Result<&'static str, Failure> {
    Err(Failure { error_type, message })
}

const CASES: &[Case] = &[
    Case { file: "all-students.md", text: "How many students are there?", expected: Ok("") },
    Case {
        file: "misspelt.md",
        text: "---\ntitle: Students\ntiemout: 5s\n---\nHow many students are there?",
        expected: fails("invalid_question", ":3:1: unknown key `tiemout`; did you mean `timeout`?"),
    },
    Case { file: "empty.md", text: "\n", expected: fails("invalid_question", "holds no question") },
    Case {
        file: "unknown-table.md",
        text: "---\nsql: SELECT count(*) FROM academics.pupils\n---\nHow many pupils are there?",
        expected: fails("unknown_relation", "academics.pupils"),
    },
    Case {
        file: "unknown-column.md",
        text: "---\nsql: SELECT shoe_size FROM academics.students\n---\nWhat sizes are their shoes?",
        expected: fails("unknown_column", "shoe_size"),
    },
    Case {
        file: "too-slow.md",
        text: "---\ntimeout: 1s\nsql: |\n  SELECT count(*)\n  \
               FROM academics.enrollments AS a, academics.enrollments AS b,\n       \
               academics.enrollments AS c, academics.enrollments AS d\n---\n\
               How many quadruples of enrollments are there?",
        expected: fails("query_too_slow", "longer than 1s"),
    },
    Case {
        file: "too-many.md",
        text: "---\nmax_rows: 3\nsql: SELECT title FROM academics.courses\n---\nWhich courses are there?",
        expected: fails("too_many_rows", "max_rows"),
    },
    Case {
        file: "too-few.md",
        text: "---\nexpect: {min_rows: 2}\nsql: SELECT 1 AS one\n---\nWhich are there?",
        expected: fails("unexpected_result", "has 1 rows; the question expects at least 2"),
    },
    Case {
        file: "other-columns.md",
        text: "---\nexpect: {columns: [one]}\nkey: [two]\nsql: SELECT 1 AS one\n---\nWhich are there?",
        expected: fails("unexpected_result", "no column `two`"),
    },
    Case {
        file: "as-expected.md",
        text: "---\nexpect: {min_rows: 1, columns: [one]}\nkey: [one]\npin: never\nalert: rows = 1\n\
               sql: SELECT 1 AS one\n---\nWhich are there?",
        expected: Ok("1"),
    },
    Case {
        file: "by-a-program.json",
        text: r#"{"question": "How many students are there?", "max_rows": 1}"#,
        expected: Ok(""),
    },
    Case {
        file: "not-allowed.md",
        text: "---\ntables: [academics.students]\nsql: SELECT amount FROM staff.salaries\n---\n\
               How much is paid?",
        expected: fails("table_not_allowed", "`staff.salaries`"),
    },
    Case {
        file: "writes.md",
        text: "---\nsql: DELETE FROM academics.students\n---\nHow many students are there?",
        expected: fails("sql_refused", "write a SELECT"),
    },
    Case {
        file: "approved.md",
        text: "---\nsql: SELECT 40 + 2 AS answer\n---\nWhat is the answer?",
        expected: Ok("42"),
    },
    Case { file: "plain.txt", text: "How many departments are there?", expected: Ok("") },
];

/// A line each; the second is at fault, and takes no other with it.
const LINES: &str = r#"{"id": "first-line", "question": "How many students are there?"}
{"id": "second-line", "qestion": "How many departments are there?"}
{"id": "third-line", "question": "How many departments are there?"}
"#;

#[tokio::test]
async fn failures_say_what_to_do_and_leave_the_others_alone() {
    let data = DataDir::new();
    let questions = Path::new(data.path()).join("given");
    fs::create_dir_all(questions.join("daily")).expect("a folder");
    for case in CASES {
        fs::write(questions.join("daily").join(case.file), case.text).expect("a question");
    }
    fs::write(questions.join("daily/lines.jsonl"), LINES).expect("questions");
    let folder = questions.to_str().expect("UTF-8");

    let (exit_code, run) = data.run(&["daily", "--questions", folder]).await;

    assert_eq!(exit_code, 1, "{run:#?}");
    assert_eq!(run.answers.len(), CASES.len() + LINES.lines().count(), "{run:#?}");
    for case in CASES {
        check(&data, &run, case);
    }
    for (id, error_type) in
        [("first-line", None), ("lines-line-2", Some("invalid_question")), ("third-line", None)]
    {
        assert_eq!(run.answer(id).error_type.as_deref(), error_type, "{run:#?}");
    }
    let filed = data.json(&format!("runs/{}/run.json", run.run_id));
    let alerts = |answer: &&Value| answer["alert"] == true;
    let alerts: Vec<&Value> =
        filed["answers"].as_array().into_iter().flatten().filter(alerts).collect();
    assert!(alerts.len() == 1 && alerts[0]["id"] == "as-expected", "{alerts:#?}");
    let filed: Run = serde_json::from_value(filed).expect("what --json prints, and more");
    assert_eq!(filed, run);
}

fn check(data: &DataDir, run: &Run, case: &Case) {
    let (id, _) = case.file.split_once('.').expect("an ending");
    let answer = run.answer(id);
    match &case.expected {
        Ok(value) => {
            assert_eq!(
                (answer.status.as_str(), answer.row_count),
                ("answered", Some(1)),
                "{answer:#?}"
            );
            assert_eq!((&answer.error_type, &answer.message), (&None, &None), "{answer:#?}");
            let rows = read_parquet(&data.report(answer)).rows;
            let found = rows[0][0].as_deref().expect("a value");
            assert!(found.ends_with(value), "`{id}` is {found}");
        }
        Err(Failure { error_type, message }) => {
            let told = answer.message.as_deref().unwrap_or_default();
            assert_eq!(answer.status, "failed", "{answer:#?}");
            assert_eq!(answer.error_type.as_deref(), Some(*error_type), "{answer:#?}");
            assert!(told.contains(message), "`{id}`: `{told}` lacks `{message}`");
            assert_eq!((answer.row_count, &answer.report_key), (None, &None), "{answer:#?}");
            assert!(!data.object(&format!("reports/{id}")).exists(), "`{id}` left a report");
        }
    }
}
