//! PostgreSQL's text form of an array: `{1,NULL,"with \"quotes\""}`.

/// The elements of a one-dimensional array; nothing if it has more dimensions.
pub(super) fn elements(text: &str) -> Option<Vec<Option<String>>> {
    // Bounds other than 1 are written before it: `[0:1]={a,b}`.
    let inside = text.get(text.find('{')? + 1..text.len() - 1)?;
    let mut elements = Vec::new();
    let mut chars = inside.chars().peekable();
    while let Some(&first) = chars.peek() {
        let mut element = String::new();
        match first {
            '{' => return None,
            '"' => {
                chars.next();
                while let Some(c) = chars.next().filter(|c| *c != '"') {
                    element.push(if c == '\\' { chars.next()? } else { c });
                }
                elements.push(Some(element));
            }
            _ => {
                while let Some(c) = chars.next_if(|c| *c != ',') {
                    element.push(c);
                }
                elements.push((element != "NULL").then_some(element));
            }
        }
        chars.next();
    }
    Some(elements)
}

#[cfg(test)]
mod tests {
    use super::elements;

    #[test]
    fn reads_what_postgresql_prints() {
        let check = |text, expected: Option<&[Option<&str>]>| {
            let expected = expected
                .map(|all| all.iter().map(|one| one.map(str::to_owned)).collect::<Vec<_>>());
            assert_eq!(elements(text), expected, "{text}");
        };
        check("{}", Some(&[]));
        check("{1,2}", Some(&[Some("1"), Some("2")]));
        check("{NULL,\"NULL\"}", Some(&[None, Some("NULL")]));
        check(r#"{"a,b","q\"q","b\\b",""}"#, {
            Some(&[Some("a,b"), Some("q\"q"), Some("b\\b"), Some("")])
        });
        check("[0:1]={a,b}", Some(&[Some("a"), Some("b")]));
        check("{{1,2},{3,4}}", None);
    }
}
