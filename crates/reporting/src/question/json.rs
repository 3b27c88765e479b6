//! Questions for programs to write: one JSON object, or one a line.

use super::settings::{Fields, unknown_key};
use super::{Question, checked_text, invalid, is_id};
use crate::{Error, table};

/// One object, whose id is the file's name.
pub(super) fn object(name: &str, id: &str, text: &str) -> Result<Question, Error> {
    let fields = fields(name, 1, text)?;
    if let Some(other) = fields.id.as_deref().filter(|other| *other != id) {
        return Err(invalid(format!(
            "{name}: `id` is `{other}`; it is the file's name, `{id}`, so leave it out"
        )));
    }
    question(name, id, fields)
}

/// A line of a file with one object a line; `number` counts from 1.
pub(super) fn line(name: &str, number: usize, text: &str) -> Result<Question, Error> {
    let fields = fields(name, number, text)?;
    let name = format!("{name}:{number}");
    let Some(id) = fields.id.clone() else {
        return Err(invalid(format!("{name}: no `id`; each line names its question")));
    };
    if !is_id(&id) {
        return Err(invalid(format!("{name}: `id`: {}", super::no_id(&id))));
    }
    if table::is_reserved(&id) {
        return Err(invalid(format!("{name}: `id`: {}", super::reserved(&id))));
    }
    question(&name, &id, fields)
}

fn question(name: &str, id: &str, mut fields: Fields) -> Result<Question, Error> {
    let text = fields.question.take().ok_or_else(|| {
        invalid(format!("{name}: no `question`; write it in plain language under that key"))
    })?;
    let text = checked_text(name, &text)?;
    let settings = fields.into_settings().map_err(|fault| invalid(format!("{name}: {fault}")))?;
    Ok(Question { id: id.to_owned(), text, settings })
}

/// `first_line` is the number of the text's first line in the file.
fn fields(name: &str, first_line: usize, text: &str) -> Result<Fields, Error> {
    // A structure may also be read from an array, which nobody means here.
    if !text.trim_start().starts_with('{') {
        return Err(invalid(format!(
            "{name}:{first_line}:1: no JSON object; write {{\"question\": \"…\"}}"
        )));
    }
    serde_json::from_str(text).map_err(|error| {
        let place = format!("{name}:{}:{}", first_line + error.line().max(1) - 1, error.column());
        let told = error.to_string();
        let told = told.rsplit_once(" at line ").map_or(told.as_str(), |(told, _)| told);
        invalid(format!("{place}: {}", unknown_field(told).unwrap_or_else(|| told.to_owned())))
    })
}

/// serde_json says "unknown field `x`, expected one of `a`, `b`" and has no fields for the names.
fn unknown_field(told: &str) -> Option<String> {
    let mut names = told.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    Some(unknown_key(names.next()?, names))
}
