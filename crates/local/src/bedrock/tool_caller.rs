//! The built-in model as a caller of tools: it knows `generate_query` and `execute_query`, and takes the
//! steps that an agent's instructions ask for.

use serde_json::{Value, json};

use super::answer;
use super::conversation::{Message, Role, ToolSpec, ToolUse};
use super::narration::{self, MAX_REPAIRS, NO_SQL, NOT_A_QUESTION, WHY_EXECUTE, why_generate};

const GENERATE: &str = "generate_query";
const EXECUTE: &str = "execute_query";
/// Failures that another query cannot avoid.
const NOT_REPAIRABLE: [&str; 4] = ["unanswerable", "internal", "throttled", "unavailable"];

/// Whether both tools are there.
pub(super) fn knows(tools: &[ToolSpec]) -> bool {
    [GENERATE, EXECUTE].iter().all(|name| tools.iter().any(|tool| tool.name == *name))
}

/// The next words, and the next call unless they are the last ones.
pub(super) fn reply(messages: &[Message]) -> (String, Vec<ToolUse>) {
    let is_question =
        |message: &Message| message.role == Role::User && message.tool_results().next().is_none();
    let asked = messages.iter().rposition(is_question);
    let since = &messages[asked.unwrap_or_default()..];
    let question = since.first().map(Message::text).unwrap_or_default();
    if !question.chars().any(char::is_alphanumeric) {
        return (NOT_A_QUESTION.to_owned(), vec![]);
    }
    match next(&question, &calls(since)) {
        Next::Call { why, name, input } => {
            let tool_use_id = format!("tooluse_{}", since.len());
            let call = ToolUse { tool_use_id, name: name.to_owned(), input };
            (format!("{why} I call {name}."), vec![call])
        }
        Next::Say(words) => (words, vec![]),
    }
}

enum Next {
    Call { why: &'static str, name: &'static str, input: Value },
    Say(String),
}

/// A call, and what came of it; what is no JSON is null.
type Called<'a> = (&'a ToolUse, Value);

fn next(question: &str, calls: &[Called<'_>]) -> Next {
    let generate = |previous: Option<(&Value, &str)>| {
        let mut input = json!({ "question": question });
        if let Some((sql, error)) = previous {
            input["previous_sql"] = sql.clone();
            input["error"] = error.into();
        }
        Next::Call { why: why_generate(previous.is_some()), name: GENERATE, input }
    };
    let Some((last, body)) = calls.last() else { return generate(None) };
    let failure = body["error"].as_str();
    match (last.name.as_str(), failure) {
        (EXECUTE, None) => Next::Say(answer::describe(body)),
        (EXECUTE, Some(error)) => {
            let tries = calls.iter().filter(|(call, _)| call.name == EXECUTE).count();
            if tries > MAX_REPAIRS || NOT_REPAIRABLE.contains(&error) {
                return Next::Say(narration::declined(body));
            }
            generate(Some((&last.input["query"], narration::message(body))))
        }
        (_, Some(_)) => Next::Say(narration::declined(body)),
        (_, None) => match body["sql"].as_str() {
            Some(sql) => {
                Next::Call { why: WHY_EXECUTE, name: EXECUTE, input: json!({ "query": sql }) }
            }
            None => Next::Say(NO_SQL.to_owned()),
        },
    }
}

/// The calls so far, in order.
fn calls(since: &[Message]) -> Vec<Called<'_>> {
    let results: Vec<_> = since.iter().flat_map(Message::tool_results).collect();
    let result = |call: &ToolUse| {
        let result = results.iter().find(|result| result.tool_use_id == call.tool_use_id);
        result.and_then(|result| serde_json::from_str(&result.text()).ok()).unwrap_or_default()
    };
    since.iter().flat_map(Message::tool_uses).map(|call| (call, result(call))).collect()
}
