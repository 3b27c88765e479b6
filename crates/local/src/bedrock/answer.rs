//! The agent's final sentence, made from a preview and nothing else.

use serde::Deserialize;
use serde_json::Value;

const MAX_ROWS_LISTED: usize = 5;
const MAX_VALUE_CHARS: usize = 60;

/// What `/execute` answers: `{"columns": [{"name", …}], "rows": [[…]], "more": bool, …}`.
#[derive(Deserialize)]
struct Preview {
    columns: Vec<Column>,
    rows: Vec<Vec<Value>>,
    #[serde(default)]
    more: bool,
}

#[derive(Deserialize)]
struct Column {
    name: String,
}

/// Says what the rows are: a single value as such, else how many and the first of them.
pub(super) fn describe(preview: &Value) -> String {
    let Ok(preview) = Preview::deserialize(preview) else {
        return "The query ran, but its answer is not a preview of rows.".to_owned();
    };
    let names: Vec<_> = preview.columns.iter().map(|column| column.name.as_str()).collect();
    match preview.rows.as_slice() {
        [] => "No row matches the question.".to_owned(),
        [row] if row.len() == 1 && !preview.more => {
            format!("The answer is {} ({}).", value(&row[0]), names.join(", "))
        }
        rows => {
            let least = if preview.more { "more than " } else { "" };
            let plural = if rows.len() == 1 { "" } else { "s" };
            let listed: String = rows
                .iter()
                .take(MAX_ROWS_LISTED)
                .map(|row| format!("\n- {}", row.iter().map(value).collect::<Vec<_>>().join(", ")))
                .collect();
            let rest = if rows.len() > MAX_ROWS_LISTED || preview.more { "\n- …" } else { "" };
            let names = names.join(", ");
            format!("The answer has {least}{} row{plural} ({names}):{listed}{rest}", rows.len())
        }
    }
}

fn value(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.char_indices().nth(MAX_VALUE_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(columns: &[&str], rows: Value, more: bool, expected: &str) {
        let columns: Vec<_> = columns.iter().map(|name| json!({ "name": name })).collect();
        let preview = json!({ "columns": columns, "rows": rows, "more": more });
        assert_eq!(describe(&preview), expected);
    }

    #[test]
    fn says_what_the_rows_are() {
        check(&["count"], json!([[4]]), false, "The answer is 4 (count).");
        check(&["avg"], json!([["1250.50"]]), false, "The answer is 1250.50 (avg).");
        check(&["name"], json!([]), false, "No row matches the question.");
        check(
            &["name", "credits"],
            json!([["Optics", 4]]),
            false,
            "The answer has 1 row (name, credits):\n- Optics, 4",
        );
        check(
            &["name", "grade"],
            json!([["Ada", "A"], ["Max", null]]),
            false,
            "The answer has 2 rows (name, grade):\n- Ada, A\n- Max, null",
        );
        check(&["n"], json!([[1]]), true, "The answer has more than 1 row (n):\n- 1\n- …");
        check(
            &["n"],
            json!([[1], [2], [3], [4], [5], [6]]),
            false,
            "The answer has 6 rows (n):\n- 1\n- 2\n- 3\n- 4\n- 5\n- …",
        );
        let long = "é".repeat(61);
        let expected = format!("The answer is {}… (t).", "é".repeat(60));
        check(&["t"], json!([[long]]), false, &expected);
    }

    #[test]
    fn does_not_guess_at_what_is_no_preview() {
        let expected = "The query ran, but its answer is not a preview of rows.";
        assert_eq!(describe(&json!({ "result": "ok" })), expected);
    }
}
