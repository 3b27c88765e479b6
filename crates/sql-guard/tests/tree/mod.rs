//! A parse tree with every moment of time made equal, to compare an anchored text with its source.

use serde_json::{Value, json};

/// The names that PostgreSQL gives to columns of moments, and that anchoring writes out.
const COLUMNS: [&str; 7] = [
    "now",
    "transaction_timestamp",
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
];

/// The tree of `sql`, which must parse, without places in the text.
pub(crate) fn without_moments(sql: &str) -> Value {
    let parsed = pg_query::parse(sql, 0).expect(sql);
    let mut tree = serde_json::to_value(&parsed.protobuf).expect("a tree");
    flatten(&mut tree);
    tree
}

fn flatten(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(flatten),
        Value::Object(fields) => {
            fields.retain(|name, _| !name.contains("location") && !name.starts_with("stmt_l"));
            fields.values_mut().for_each(flatten);
            if let Some(Value::String(name)) = fields.get("name")
                && COLUMNS.contains(&name.as_str())
            {
                fields.insert("name".to_owned(), json!(""));
            }
        }
        _ => {}
    }
    if is_moment(value) {
        *value = json!("moment");
    }
    if function(value) == Some("age")
        && let Some(Value::Array(args)) = value.pointer_mut("/FuncCall/args")
        && args.len() == 1
    {
        args.insert(0, json!({ "node": "moment" }));
    }
}

fn is_moment(value: &Value) -> bool {
    let literal = value.pointer("/TypeCast/arg/node/AConst/val/Sval/sval").and_then(Value::as_str);
    value.get("SqlvalueFunction").is_some()
        || matches!(function(value), Some("now" | "transaction_timestamp"))
        || literal.is_some_and(|text| {
            let word = text.trim().to_ascii_lowercase();
            ["now", "today", "yesterday", "tomorrow"].contains(&word.as_str())
                || text.bytes().filter(|byte| b"-:".contains(byte)).count() > 1
        })
}

fn function(value: &Value) -> Option<&str> {
    let names = value.pointer("/FuncCall/funcname")?.as_array()?;
    names.last()?.pointer("/node/String/sval")?.as_str()
}
