//! Named parameters: from `:name` to `$1` for PostgreSQL's checks, and to literals for the run.

use std::collections::HashMap;

use tokio_postgres::types::Type;

use super::{
    error::DataError,
    request::{Field, SqlParameter, TypeHint},
};

/// A statement cut at its parameters.
///
/// Like the service it sees none in quotes and comments, nor a `::` cast, and takes `a[1:2]` for
/// one named `2` (PostgreSQL then finds a syntax error). Unlike the service, which silently
/// replaces a `:name` in a dollar-quoted string, it refuses that.
#[derive(Debug, PartialEq)]
pub(super) struct Template<'a> {
    /// The text before the first parameter, then each parameter's index and the text after it.
    start: &'a str,
    rest: Vec<(usize, &'a str)>,
    names: Vec<&'a str>,
}

impl<'a> Template<'a> {
    pub(super) fn parse(sql: &'a str) -> Result<Template<'a>, DataError> {
        let mut template = Template { start: sql, rest: Vec::new(), names: Vec::new() };
        let mut text_start = 0;
        let mut at = 0;
        while at < sql.len() {
            let here = &sql[at..];
            let length = match here.as_bytes()[0] {
                b'\'' => quoted(here, '\'', escapes_before(&sql[..at])),
                b'"' => quoted(here, '"', false),
                b'-' if here.starts_with("--") => here.find('\n').unwrap_or(here.len()),
                b'/' if here.starts_with("/*") => block_comment(here),
                b'$' if !ends_in_word(&sql[..at]) => dollar_quoted(here)?,
                b':' if here.starts_with("::") => 2,
                b':' if word(&here[1..]) > 0 => {
                    let length = 1 + word(&here[1..]);
                    template.push(&sql[text_start..at], &here[1..length]);
                    text_start = at + length;
                    length
                }
                _ => here.chars().next().map_or(1, char::len_utf8),
            };
            at += length;
        }
        template.end(&sql[text_start..]);
        Ok(template)
    }

    /// The statement with `$1`, `$2`, …; one number for each name.
    pub(super) fn numbered(&self) -> String {
        self.fill(|index| format!("${}", index + 1))
    }

    /// The types of `$1`, `$2`, …, where a value or its hint gives one; the rest is inferred.
    pub(super) fn types(&self, parameters: &[SqlParameter]) -> Vec<Type> {
        let given = by_name(parameters);
        self.names
            .iter()
            .map(|name| given.get(name).map_or(Type::UNKNOWN, |parameter| type_of(parameter)))
            .collect()
    }

    /// The statement with the values themselves, as literals cast to their types. A value for a
    /// name that the statement lacks is ignored.
    pub(super) fn with_values(&self, parameters: &[SqlParameter]) -> Result<String, DataError> {
        let given = by_name(parameters);
        let literals: Vec<_> = self
            .names
            .iter()
            .map(|name| {
                let parameter = given.get(name);
                literal(parameter.ok_or_else(|| {
                    DataError::BadRequest(format!("Cannot find parameter: {name}"))
                })?)
            })
            .collect::<Result<_, _>>()?;
        Ok(self.fill(|index| literals[index].clone()))
    }

    pub(super) fn has_parameters(&self) -> bool {
        !self.names.is_empty()
    }

    fn push(&mut self, text: &'a str, name: &'a str) {
        self.end(text);
        let known = self.names.iter().position(|known| *known == name);
        let index = known.unwrap_or_else(|| {
            self.names.push(name);
            self.names.len() - 1
        });
        self.rest.push((index, ""));
    }

    fn end(&mut self, text: &'a str) {
        match self.rest.last_mut() {
            Some((_, after)) => *after = text,
            None => self.start = text,
        }
    }

    fn fill(&self, value: impl Fn(usize) -> String) -> String {
        self.rest.iter().fold(self.start.to_owned(), |mut sql, (index, after)| {
            sql.push_str(&value(*index));
            sql.push_str(after);
            sql
        })
    }
}

fn by_name(parameters: &[SqlParameter]) -> HashMap<&str, &SqlParameter> {
    let named = |parameter| SqlParameter::name(parameter).map(|name| (name, parameter));
    parameters.iter().filter_map(named).collect()
}

impl SqlParameter {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

fn type_of(parameter: &SqlParameter) -> Type {
    match (&parameter.value, parameter.type_hint) {
        (_, Some(TypeHint::Date)) => Type::DATE,
        (_, Some(TypeHint::Decimal)) => Type::NUMERIC,
        (_, Some(TypeHint::Json)) => Type::JSON,
        (_, Some(TypeHint::Time)) => Type::TIME,
        (_, Some(TypeHint::Timestamp)) => Type::TIMESTAMP,
        (_, Some(TypeHint::Uuid)) => Type::UUID,
        (Some(Field::BooleanValue(_)), None) => Type::BOOL,
        (Some(Field::LongValue(_)), None) => Type::INT8,
        (Some(Field::DoubleValue(_)), None) => Type::FLOAT8,
        (Some(Field::StringValue(_)), None) => Type::VARCHAR,
        (Some(Field::BlobValue(_)), None) => Type::BYTEA,
        (Some(Field::IsNull(_) | Field::ArrayValue(_)) | None, None) => Type::UNKNOWN,
    }
}

fn literal(parameter: &SqlParameter) -> Result<String, DataError> {
    let text = parameter.value.as_ref().map_or(Ok(None), Field::text)?;
    let quoted = match text {
        None => "NULL".to_owned(),
        Some(text) if text.contains('\0') => {
            return Err(DataError::BadRequest("a string value holds a NUL character".into()));
        }
        // Safe whether `standard_conforming_strings` is on or off in the session.
        Some(text) if text.contains('\\') => {
            format!("E'{}'", text.replace('\\', r"\\").replace('\'', "''"))
        }
        Some(text) => format!("'{}'", text.replace('\'', "''")),
    };
    Ok(match type_of(parameter) {
        Type::UNKNOWN => format!("({quoted})"),
        r#type => format!("({quoted}::{})", r#type.name()),
    })
}

/// The length of the word of letters, digits and underscores that `text` starts with.
fn word(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len())
}

fn ends_in_word(text: &str) -> bool {
    text.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$')
}

/// Whether the quote after `text` opens an `E'…'` string.
fn escapes_before(text: &str) -> bool {
    text.strip_suffix(['e', 'E']).is_some_and(|before| !ends_in_word(before))
}

/// The length of what `text` starts with: a quote, up to its partner, doubled ones inside.
fn quoted(text: &str, quote: char, escapes: bool) -> usize {
    let mut inside = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = inside.next() {
        if c == '\\' && escapes {
            inside.next();
        } else if c == quote && inside.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    text.len()
}

/// The length of the comment that `text` starts with; they nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while let Some(mark) = text[at..].find(['/', '*']) {
        at += mark;
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// The length of the `$tag$…$tag$` that `text` starts with, or 1 for a mere dollar.
fn dollar_quoted(text: &str) -> Result<usize, DataError> {
    let tag_length = 1 + word(&text[1..]);
    let is_tag =
        text[tag_length..].starts_with('$') && !text[1..].starts_with(|c: char| c.is_ascii_digit());
    if !is_tag {
        return Ok(1);
    }
    let tag = &text[..=tag_length];
    let Some(inside) = text[tag.len()..].find(tag) else {
        return Ok(text.len());
    };
    let body = &text[tag.len()..tag.len() + inside];
    if !Template::parse(body)?.names.is_empty() {
        return Err(DataError::Validation(
            "the Data API would replace a :name inside a dollar-quoted string; write the string \
             in single quotes"
                .into(),
        ));
    }
    Ok(2 * tag.len() + inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_named_parameters_where_the_service_does() {
        let check = |sql: &str, expected: &str| {
            let template = Template::parse(sql).expect("parses");
            assert_eq!(template.numbered(), expected, "{sql}");
        };
        check("SELECT 1", "SELECT 1");
        check("SELECT :a, :b, :a", "SELECT $1, $2, $1");
        check(":a", "$1");
        check("SELECT :id::uuid, x::text", "SELECT $1::uuid, x::text");
        check("SELECT ':a', :b", "SELECT ':a', $1");
        check("SELECT 'it''s :a', :b", "SELECT 'it''s :a', $1");
        check(r"SELECT '\', :a, '", r"SELECT '\', $1, '");
        check(r"SELECT E'\':a', :b", r"SELECT E'\':a', $1");
        check(r"SELECT date'2026-01-01:a', :b", r"SELECT date'2026-01-01:a', $1");
        check(r#"SELECT ":a" AS ":b", :c"#, r#"SELECT ":a" AS ":b", $1"#);
        check("SELECT 1 -- :a\n, :b", "SELECT 1 -- :a\n, $1");
        check("SELECT /* /* :a */ :b */ :c", "SELECT /* /* :a */ :b */ $1");
        check("SELECT $$no name$$, :a", "SELECT $$no name$$, $1");
        check("SELECT $x$ it's 1::int $x$, :a", "SELECT $x$ it's 1::int $x$, $1");
        check("SELECT a$b$:c", "SELECT a$b$$1");
        check("SELECT a[1:2]", "SELECT a[1$1]");
        check("SELECT 'é', :naïve", "SELECT 'é', $1");
        check("SELECT f(a := 1, b => :b)", "SELECT f(a := 1, b => $1)");
        check("SELECT 'open :a", "SELECT 'open :a");
    }

    #[test]
    fn refuses_what_the_service_would_corrupt() {
        let check = |sql| assert!(Template::parse(sql).is_err(), "{sql}");
        check("SELECT $$a :b c$$");
        check("SELECT $x$ :b $x$");
    }

    #[test]
    fn writes_values_as_typed_literals() {
        let check = |value: &str, hint: &str, expected: &str| {
            let json = format!(r#"[{{"name":"v","value":{value}{hint}}}]"#);
            let parameters: Vec<SqlParameter> = serde_json::from_str(&json).expect("reads");
            let template = Template::parse(":v").expect("parses");
            assert_eq!(template.with_values(&parameters).expect("has it"), expected);
        };
        check(r#"{"stringValue":"it's"}"#, "", "('it''s'::varchar)");
        check(r#"{"stringValue":"\\' OR 1=1"}"#, "", r"(E'\\'' OR 1=1'::varchar)");
        check(r#"{"longValue":-7}"#, "", "('-7'::int8)");
        check(r#"{"doubleValue":1.5}"#, "", "('1.5'::float8)");
        check(r#"{"doubleValue":"NaN"}"#, "", "('NaN'::float8)");
        check(r#"{"booleanValue":true}"#, "", "('true'::bool)");
        check(r#"{"blobValue":"AP8="}"#, "", r"(E'\\x00ff'::bytea)");
        check(r#"{"isNull":true}"#, "", "(NULL)");
        check(r#"{"isNull":true}"#, r#","typeHint":"DATE""#, "(NULL::date)");
        check(r#"{"stringValue":"1.50"}"#, r#","typeHint":"DECIMAL""#, "('1.50'::numeric)");
    }
}
