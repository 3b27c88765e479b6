//! A long answer in pages. A token says what the page before ended with, so that what is added or deleted meanwhile
//! shifts nothing.

use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use serde_json::{Map, Value, json};

use super::error::Refusal;

/// As many tables as one answer has.
pub(super) const MAX_TABLES: usize = 100;

/// As many partitions.
pub(super) const MAX_PARTITIONS: usize = 1000;

/// The page that `given` asks for by `NextToken` and `MaxResults`; `entry` gives what `all` is in the order of, and the
/// answer.
pub(super) fn page<T>(
    name: &str,
    all: impl IntoIterator<Item = T>,
    max: usize,
    given: &Map<String, Value>,
    entry: impl Fn(T) -> (Vec<String>, Value),
) -> Result<Value, Refusal> {
    let after = given.get("NextToken").and_then(Value::as_str).map(read).transpose()?;
    let asked = given.get("MaxResults").and_then(Value::as_u64);
    let max = asked.and_then(|asked| usize::try_from(asked).ok()).unwrap_or(max);
    let mut rest = all
        .into_iter()
        .map(entry)
        .filter(|(key, _)| after.as_ref().is_none_or(|after| key > after))
        .peekable();
    let mut last = Vec::new();
    let entries: Vec<Value> = rest
        .by_ref()
        .take(max)
        .map(|(key, answer)| {
            last = key;
            answer
        })
        .collect();
    let mut answer = json!({ name: entries });
    if rest.peek().is_some() {
        answer["NextToken"] = URL_SAFE.encode(json!(last).to_string()).into();
    }
    Ok(answer)
}

fn read(token: &str) -> Result<Vec<String>, Refusal> {
    let invalid = || Refusal::InvalidInput("Invalid pagination token provided".to_owned());
    let text = URL_SAFE.decode(token).map_err(|_| invalid())?;
    serde_json::from_slice(&text).map_err(|_| invalid())
}
