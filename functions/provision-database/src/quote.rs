//! Names and texts as SQL.

/// A name as an identifier.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as a literal, whatever `standard_conforming_strings` says.
pub(crate) fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    match quoted.contains('\\') {
        true => format!("E'{}'", quoted.replace('\\', "\\\\")),
        false => format!("'{quoted}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_quotation_early() {
        for (text, as_identifier, as_literal) in [
            ("staff", r#""staff""#, "'staff'"),
            ("", r#""""#, "''"),
            (r#"a"; DROP TABLE t; --"#, r#""a""; DROP TABLE t; --""#, r#"'a"; DROP TABLE t; --'"#),
            ("o'brien", r#""o'brien""#, "'o''brien'"),
            (r"a\' b", r#""a\' b""#, r"E'a\\'' b'"),
            (":name", r#"":name""#, "':name'"),
        ] {
            assert_eq!(identifier(text), as_identifier);
            assert_eq!(literal(text), as_literal);
        }
    }
}
