//! `quaestor guard`: would this SQL be let through?

use std::io::{BufRead as _, Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::json;
use sql_guard::{Accepted, Column, Guard, Relation, schema};

use crate::arguments::GuardArguments;
use crate::output;

#[derive(Deserialize)]
struct Line {
    sql: String,
}

/// `true` when the statement is accepted.
pub(crate) fn guard(arguments: &GuardArguments) -> Result<bool> {
    let guard = match &arguments.schema {
        Some(file) => Guard::default().knowing(known(file)?),
        None => Guard::default(),
    };
    if arguments.jsonl {
        return lines(&guard).map(|()| true);
    }
    let mut sql = String::new();
    std::io::stdin().read_to_string(&mut sql).context("failed to read SQL from standard input")?;
    match guard.check(&sql) {
        Ok(accepted) => print_accepted(&accepted).map(|()| true),
        Err(refusal) => {
            output::line(format_args!("refused: {refusal}"))?;
            let excerpt = refusal.excerpt(&sql);
            if !excerpt.is_empty() {
                output::line(format_args!("\n{excerpt}"))?;
            }
            Ok(false)
        }
    }
}

fn print_accepted(accepted: &Accepted) -> Result<()> {
    output::line("accepted")?;
    print_list("reads", accepted.relations.iter().map(relation_name).collect())?;
    print_list("columns", accepted.columns.iter().map(column_name).collect())?;
    print_list("calls", accepted.functions.iter().cloned().collect())?;
    let anchors = accepted.anchors.iter();
    let anchors = anchors.map(|anchor| format!("byte {}", anchor.range.start)).collect();
    print_list("means the as-of", anchors)?;
    let dates = accepted.date_literals.iter();
    let dates = dates.map(|date| format!("'{}' at byte {}", date.text, date.position)).collect();
    print_list("fixed dates", dates)?;
    let order = match (accepted.total, accepted.ordered) {
        (true, _) => "total",
        (false, true) => "with ties",
        (false, false) => "none",
    };
    output::line(format_args!("order: {order}"))?;
    if accepted.repeatable { Ok(()) } else { output::line("not repeatable") }
}

fn relation_name(relation: &Relation) -> String {
    match &relation.schema {
        Some(schema) => format!("{schema}.{}", relation.name),
        None => relation.name.clone(),
    }
}

fn column_name(column: &Column) -> String {
    match &column.relation {
        Some(relation) => format!("{}.{}", relation_name(relation), column.name),
        None => column.name.clone(),
    }
}

/// A snapshot as the guard takes it.
fn known(file: &Path) -> Result<schema::Schema> {
    let json = std::fs::read(file)
        .with_context(|| format!("failed to read the schema's snapshot `{}`", file.display()))?;
    let snapshot: reporting::schema::Schema = serde_json::from_slice(&json)
        .with_context(|| format!("`{}` is no snapshot of a schema", file.display()))?;
    Ok(snapshot.to_guard())
}

fn print_list(what: &str, names: Vec<String>) -> Result<()> {
    if names.is_empty() {
        Ok(())
    } else {
        output::line(format_args!("{what}: {}", names.join(", ")))
    }
}

/// A line that is no `{"sql": …}` is refused like any other text that is no statement.
fn lines(guard: &Guard) -> Result<()> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line.context("failed to read a line from standard input")?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        writeln!(out, "{}", verdict(guard, &line))?;
    }
    Ok(())
}

fn verdict(guard: &Guard, line: &[u8]) -> serde_json::Value {
    let checked = match serde_json::from_slice::<Line>(line) {
        Ok(Line { sql }) => guard.check(&sql).map_err(|refusal| refusal.to_string()),
        Err(error) => Err(format!("the line is not a JSON object with the key `sql`: {error}")),
    };
    match checked {
        Ok(_) => json!({ "verdict": "accept", "reason": null }),
        Err(reason) => json!({ "verdict": "refuse", "reason": reason }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_a_verdict() {
        for (line, expected) in [
            (r#"{"sql": "SELECT 1"}"#, "accept"),
            (r#"{"sql": "DELETE FROM t"}"#, "refuse"),
            (r#"{"query": "SELECT 1"}"#, "refuse"),
            ("SELECT 1", "refuse"),
        ] {
            assert_eq!(verdict(&Guard::default(), line.as_bytes())["verdict"], expected, "{line}");
        }
        assert_eq!(
            verdict(&Guard::default(), b"{\"sql\": \"\xff\"}")["verdict"],
            "refuse",
            "not UTF-8"
        );
    }
}
