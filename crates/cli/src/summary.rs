//! What a run came to, as a table for people or as an object for programs.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, ContentArrangement, Table};
use reporting::close::{Answer, Run, Status};
use serde_json::{Value, json};

/// An empty table with these headings, as wide as the terminal.
pub(crate) fn table(headings: impl IntoIterator<Item = impl Into<Cell>>) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(headings.into_iter().map(Into::into).collect::<Vec<Cell>>());
    table
}

/// The object of `--json`: `run_id`, `as_of`, and the answers.
pub(crate) fn object(run: &Run) -> Value {
    let answers = run.answers.iter().map(|answer| {
        json!({
            "id": answer.id,
            "status": answer.status,
            "error_type": answer.error_type,
            "message": answer.message,
            "sql": answer.sql,
            "row_count": answer.row_count,
            "report_key": answer.report_key,
        })
    });
    json!({ "run_id": run.run_id, "as_of": run.as_of, "answers": answers.collect::<Vec<_>>() })
}

/// Question, rows, what happened, where it lies; `place` is where all files do.
pub(crate) fn text(run: &Run, place: &str) -> String {
    let mut table = table(["question", "rows", "what happened", "where it lies"]);
    for answer in &run.answers {
        table.add_row([
            answer.id.clone(),
            answer.row_count.map(|rows| rows.to_string()).unwrap_or_default(),
            told(answer),
            answer.report_key.clone().unwrap_or_default(),
        ]);
    }
    let answered = run.answers.iter().filter(|answer| answer.status == Status::Answered).count();
    format!(
        "{} as of {}\n{table}\n{answered} answered, {} failed; the files lie in {place}\n",
        run.run_id,
        run.as_of,
        run.answers.len() - answered,
    )
}

/// `answered`, with a word on an alert, or why not.
pub(crate) fn told(answer: &Answer) -> String {
    match (&answer.error_type, &answer.message) {
        (Some(error_type), Some(message)) => format!("{error_type}: {message}"),
        (Some(error_type), None) => error_type.clone(),
        (None, _) if answer.alert == Some(true) => "answered; alert".to_owned(),
        (None, _) => "answered".to_owned(),
    }
}
