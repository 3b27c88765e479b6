//! Labelled statements: our own, and another project's where its file is there.

#![expect(clippy::print_stdout, reason = "a test says that it was skipped")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sql_guard::check;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    sql: String,
    expect: Label,
    /// The label is a matter of policy, not of safety.
    #[serde(default)]
    policy: bool,
}

#[derive(serde::Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Label {
    Accept,
    Reject,
}

/// Statements of the shared corpus that we label otherwise, and why.
const LABELLED_OTHERWISE: [(&str, &str); 0] = [];

/// Every statement of the file that is not answered as labelled; None where there is no file.
fn differing(path: &Path) -> Option<Vec<String>> {
    let text = fs::read_to_string(path).ok()?;
    let statements = text.lines().map(|line| serde_json::from_str::<Statement>(line).expect(line));
    let exceptions: BTreeSet<_> = LABELLED_OTHERWISE.iter().map(|(sql, _)| *sql).collect();
    let differs = |statement: &Statement| {
        let answer = if check(&statement.sql).is_ok() { Label::Accept } else { Label::Reject };
        answer != statement.expect
    };
    let judged = statements.filter(|s| !s.policy && !exceptions.contains(s.sql.as_str()));
    Some(judged.filter(differs).map(|s| format!("{} ({:?})", s.sql, check(&s.sql).err())).collect())
}

fn all_as_labelled(file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(file);
    assert_eq!(differing(&path), Some(Vec::new()), "{file}");
}

#[test]
fn honest_statements_pass() {
    all_as_labelled("benign.jsonl");
}

#[test]
fn hostile_statements_are_refused() {
    all_as_labelled("hostile.jsonl");
}

#[test]
fn another_projects_labels_hold() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora/read-only.jsonl");
    match differing(&path) {
        Some(differing) => assert_eq!(differing, Vec::<String>::new()),
        None => println!("skipped: no {}", path.display()),
    }
}
