//! What PostgreSQL said, in the text that the service wraps it in.

/// The parts of `ERROR: …; Hint: …; Position: 15; SQLState: 42P01`. Older texts break the line instead.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Told {
    message: String,
    hint: Option<String>,
    /// A character of the statement as it was sent, counted from 1.
    pub(crate) position: Option<usize>,
    pub(crate) sqlstate: Option<String>,
}

impl Told {
    pub(crate) fn parse(text: &str) -> Told {
        let (text, sqlstate) = cut(text, "SQLState: ");
        let (text, position) = cut(text, "Position: ");
        let (text, _) = cut(text, "Where: ");
        let (text, hint) = cut(text, "Hint: ");
        // A detail quotes rows: "Key (email)=(…) is duplicated."
        let (text, _) = cut(text, "Detail: ");
        let message = ["ERROR: ", "FATAL: "].iter().find_map(|severity| text.split_once(severity));
        Told {
            message: message.map_or(text, |(_, message)| message).trim().to_owned(),
            hint: hint.map(str::to_owned),
            position: position.and_then(|digits| digits.parse().ok()),
            sqlstate: sqlstate.filter(|code| code.len() == 5 && code.is_ascii()).map(str::to_owned),
        }
    }

    /// Message and hint. What stands in quotes is a name or a part of the SQL if PostgreSQL complains of
    /// the SQL (class 42, or a position in it); else it may come from a row and is left out, as in
    /// `time zone "…" not recognized` (22023) of a column's value.
    pub(crate) fn without_values(&self) -> String {
        let of_the_sql = self.position.is_some()
            || self.sqlstate.as_deref().is_some_and(|code| code.starts_with("42"));
        if !of_the_sql {
            return blank_quoted(&self.message);
        }
        match &self.hint {
            Some(hint) => format!("{} ({hint})", self.message),
            None => self.message.clone(),
        }
    }
}

/// The text before the last `label`, and the section after it.
fn cut<'a>(text: &'a str, label: &str) -> (&'a str, Option<&'a str>) {
    let trim = |part: &'a str| part.trim_matches(|c: char| c == ';' || c.is_whitespace());
    match text.rsplit_once(label) {
        // Within a message the words are followed by something else than one section.
        Some((before, section)) if before.trim_end_matches(' ').ends_with([';', '\n']) => {
            (trim(before), Some(trim(section)))
        }
        _ => (trim(text), None),
    }
}

fn blank_quoted(message: &str) -> String {
    match (message.find('"'), message.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            format!("{}…{}", &message[..=first], &message[last..])
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_postgresqls_words() {
        let check =
            |text: &str, message: &str, hint: Option<&str>, position, sqlstate: Option<&str>| {
                let expected = Told {
                    message: message.to_owned(),
                    hint: hint.map(str::to_owned),
                    position,
                    sqlstate: sqlstate.map(str::to_owned),
                };
                assert_eq!(Told::parse(text), expected, "{text}");
            };
        check(
            "ERROR: relation \"t\" does not exist; Position: 15; SQLState: 42P01",
            "relation \"t\" does not exist",
            None,
            Some(15),
            Some("42P01"),
        );
        check(
            "ERROR: column \"nam\" does not exist\n  Hint: Perhaps you meant \"t.name\".\n  Position: 8",
            "column \"nam\" does not exist",
            Some("Perhaps you meant \"t.name\"."),
            Some(8),
            None,
        );
        check(
            "ERROR: duplicate; Detail: Key (a)=(b) exists.; SQLState: 23505",
            "duplicate",
            None,
            None,
            Some("23505"),
        );
        check(
            "ERROR: no Position: in \"SQLState: \" here; SQLState: 42601",
            "no Position: in \"SQLState: \" here",
            None,
            None,
            Some("42601"),
        );
        check("", "", None, None, None);
    }
}
