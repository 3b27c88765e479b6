//! How a caller may name a function.

use crate::credentials::{ACCOUNT, REGION};

/// The ARN of a local function.
pub fn function_arn(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
}

/// The name within a name, a partial or a full ARN, each with `:$LATEST` or without; nothing if it
/// names another version, account or service.
pub(super) fn parse(text: &str) -> Option<&str> {
    let text = text.strip_suffix(":$LATEST").unwrap_or(text);
    let text = text
        .strip_prefix("arn:aws:lambda:")
        .map_or(Some(text), |rest| rest.strip_prefix(REGION)?.strip_prefix(':'))?;
    let name = match text.strip_prefix(ACCOUNT) {
        Some(rest) => rest.strip_prefix(":function:")?,
        None => text,
    };
    (!name.contains(':')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_arns() {
        for (text, name) in [
            ("plan-run", Some("plan-run")),
            ("plan-run:$LATEST", Some("plan-run")),
            ("plan-run:3", None),
            ("000000000000:function:plan-run", Some("plan-run")),
            ("111111111111:function:plan-run", None),
            (function_arn("plan-run").as_str(), Some("plan-run")),
            ("arn:aws:lambda:us-east-1:000000000000:function:plan-run:$LATEST", Some("plan-run")),
            ("arn:aws:lambda:eu-west-1:000000000000:function:plan-run", None),
            ("arn:aws:sns:us-east-1:000000000000:plan-run", None),
        ] {
            assert_eq!(parse(text), name, "{text}");
        }
    }
}
