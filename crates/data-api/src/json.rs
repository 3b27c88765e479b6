//! JSON, left to right: what every cell of an answer has is read here, anything rarer by serde_json from where it
//! stands. A visitor of serde for each cell takes three times as long.

use std::borrow::Cow;

use memchr::memchr2;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// A text that is no JSON, or not of the shape that was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken;

/// A text, and how far it was read.
pub(crate) struct Json<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Json<'a> {
    pub(crate) fn new(text: &'a str) -> Json<'a> {
        Json { text, at: 0 }
    }

    /// The first byte of what comes next, which stays where it is; None at the end.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        loop {
            let next = self.text.as_bytes().get(self.at).copied();
            if !matches!(next, Some(b' ' | b'\n' | b'\r' | b'\t')) {
                return next;
            }
            self.at += 1;
        }
    }

    /// Reads an object; `member` reads the value of each key.
    pub(crate) fn object<E: From<Broken>>(
        &mut self,
        mut member: impl FnMut(&mut Self, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        self.between(b'{', b'}', |json| {
            let key = json.string()?;
            json.take(b':')?;
            member(json, &key)
        })
    }

    /// Reads a list; `element` reads each element.
    pub(crate) fn list<E: From<Broken>>(
        &mut self,
        element: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.between(b'[', b']', element)
    }

    /// Reads a string. A control character in it, which JSON forbids, is taken as it is.
    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>, Broken> {
        let start = self.at;
        self.take(b'"')?;
        let rest = self.text.get(self.at..).ok_or(Broken)?;
        let length = memchr2(b'"', b'\\', rest.as_bytes()).ok_or(Broken)?;
        let (string, end) = rest.split_at_checked(length).ok_or(Broken)?;
        if end.starts_with('\\') {
            self.at = start;
            return self.value().map(Cow::Owned);
        }
        self.at += length + 1;
        Ok(Cow::Borrowed(string))
    }

    /// Reads a number: its digits.
    pub(crate) fn number(&mut self) -> Result<&'a str, Broken> {
        if !matches!(self.peek(), Some(b'-' | b'0'..=b'9')) {
            return Err(Broken);
        }
        let rest = self.text.get(self.at..).ok_or(Broken)?;
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.bytes().position(|byte| !is_digit(byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).ok_or(Broken)
    }

    /// Reads any value.
    pub(crate) fn value<T: Deserialize<'a>>(&mut self) -> Result<T, Broken> {
        let rest = self.text.get(self.at..).ok_or(Broken)?;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter();
        let value = values.next().and_then(Result::ok).ok_or(Broken)?;
        self.at += values.byte_offset();
        Ok(value)
    }

    /// Passes over a value.
    pub(crate) fn skip(&mut self) -> Result<(), Broken> {
        self.value::<IgnoredAny>().map(drop)
    }

    /// That nothing follows.
    pub(crate) fn end(&mut self) -> Result<(), Broken> {
        self.peek().map_or(Ok(()), |_| Err(Broken))
    }

    fn between<E: From<Broken>>(
        &mut self,
        opening: u8,
        closing: u8,
        mut item: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.take(opening)?;
        if self.takes(closing) {
            return Ok(());
        }
        loop {
            item(self)?;
            if !self.takes(b',') {
                return Ok(self.take(closing)?);
            }
        }
    }

    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn take(&mut self, byte: u8) -> Result<(), Broken> {
        if self.takes(byte) { Ok(()) } else { Err(Broken) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Number, Value};

    use super::*;

    /// The same value, read by hand as far as that goes.
    fn read(json: &mut Json<'_>) -> Result<Value, Broken> {
        Ok(match json.peek() {
            Some(b'{') => {
                let mut members = Map::new();
                json.object(|json, key| {
                    let value = read(json)?;
                    members.insert(key.to_owned(), value);
                    Ok::<_, Broken>(())
                })?;
                Value::Object(members)
            }
            Some(b'[') => {
                let mut elements = Vec::new();
                json.list(|json| {
                    elements.push(read(json)?);
                    Ok::<_, Broken>(())
                })?;
                Value::Array(elements)
            }
            Some(b'"') => Value::String(json.string()?.into_owned()),
            Some(b'-' | b'0'..=b'9') => {
                Value::Number(json.number()?.parse::<Number>().map_err(|_| Broken)?)
            }
            _ => json.value()?,
        })
    }

    fn read_whole(text: &str) -> Option<Value> {
        let mut json = Json::new(text);
        let value = read(&mut json).ok()?;
        json.end().ok().map(|()| value)
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC*|[\"\\\\\n\u{1}é]{0,4}".prop_map(Value::from),
        ];
        let tree = leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z\"é]{0,3}", inner, 0..4)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        });
        prop::collection::vec(tree, 0..4).prop_map(Value::from)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in values(), indented: bool) {
            let text = if indented { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            prop_assert_eq!(read_whole(&text.unwrap_or_default()), Some(value));
        }

        #[test]
        fn what_is_cut_off_or_changed_is_read_as_serde_json_reads_it(
            value in values(), at: prop::sample::Index, with in "[\\[\\]{}\",:0\\\\tn ]{0,2}",
        ) {
            let text = value.to_string();
            let places: Vec<_> = text.char_indices().map(|(place, _)| place).collect();
            let (head, tail) = text.split_at(*at.get(&places));
            for text in [head.to_owned(), format!("{head}{with}{tail}"), format!("{head}{with}")] {
                prop_assert_eq!(read_whole(&text), serde_json::from_str(&text).ok(), "{}", text);
            }
        }
    }
}
