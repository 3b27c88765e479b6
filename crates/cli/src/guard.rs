//! `quaestor guard`: would this SQL be let through?

use std::io::{BufRead as _, Read as _, Write as _};

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::json;

use crate::arguments::GuardArguments;
use crate::output;

#[derive(Deserialize)]
struct Line {
    sql: String,
}

/// `true` when the statement is accepted.
pub(crate) fn guard(arguments: &GuardArguments) -> Result<bool> {
    if arguments.jsonl {
        return lines().map(|()| true);
    }
    let mut sql = String::new();
    std::io::stdin().read_to_string(&mut sql).context("failed to read SQL from standard input")?;
    match sql_guard::check(&sql) {
        Ok(accepted) => {
            output::line("accepted")?;
            let relations = accepted.relations.iter().map(|relation| match &relation.schema {
                Some(schema) => format!("{schema}.{}", relation.name),
                None => relation.name.clone(),
            });
            print_list("reads", relations.collect())?;
            print_list("calls", accepted.functions.iter().cloned().collect())?;
            Ok(true)
        }
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

fn print_list(what: &str, names: Vec<String>) -> Result<()> {
    if names.is_empty() {
        Ok(())
    } else {
        output::line(format_args!("{what}: {}", names.join(", ")))
    }
}

/// A line that is no `{"sql": …}` is refused like any other text that is no statement.
fn lines() -> Result<()> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line.context("failed to read a line from standard input")?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        writeln!(out, "{}", verdict(&line))?;
    }
    Ok(())
}

fn verdict(line: &[u8]) -> serde_json::Value {
    let checked = match serde_json::from_slice::<Line>(line) {
        Ok(Line { sql }) => sql_guard::check(&sql).map_err(|refusal| refusal.to_string()),
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
            assert_eq!(verdict(line.as_bytes())["verdict"], expected, "{line}");
        }
        assert_eq!(verdict(b"{\"sql\": \"\xff\"}")["verdict"], "refuse", "not UTF-8");
    }
}
