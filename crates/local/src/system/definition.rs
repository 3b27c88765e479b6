//! The `${…}` placeholders of a state machine's text.

/// Why a placeholder cannot be filled.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceholderError {
    /// Nothing is known by this name.
    #[error("the state machine's text has an unknown placeholder `${{{0}}}`")]
    Unknown(String),
    /// It has no end.
    #[error("the state machine's text has a placeholder without an end")]
    Unended,
}

/// Fills every placeholder. A value stands within a JSON string, or is a number by itself.
pub(super) fn fill(text: &str, values: &[(&str, String)]) -> Result<String, PlaceholderError> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').ok_or(PlaceholderError::Unended)?;
        let (_, value) = values
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| PlaceholderError::Unknown(name.to_owned()))?;
        let quoted = serde_json::Value::from(value.as_str()).to_string();
        filled.push_str(before);
        filled.push_str(&quoted[1..quoted.len() - 1]);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_placeholder_is_filled_or_refused() {
        let values = [
            ("Bucket", "quaestor".to_owned()),
            ("TopicCount", "8".to_owned()),
            ("Odd", "a\"b".to_owned()),
        ];
        for (text, expected) in [
            ("{}", Ok("{}")),
            (r#"{"b": "${Bucket}"}"#, Ok(r#"{"b": "quaestor"}"#)),
            (r#"{"n": ${TopicCount}}"#, Ok(r#"{"n": 8}"#)),
            (r#""${Odd}${Bucket}""#, Ok(r#""a\"bquaestor""#)),
            ("${bucket}", Err(PlaceholderError::Unknown("bucket".to_owned()))),
            ("${Bucket", Err(PlaceholderError::Unended)),
        ] {
            assert_eq!(fill(text, &values), expected.map(str::to_owned), "{text}");
        }
    }
}
