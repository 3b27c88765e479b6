//! The text of an answer, read from its start to its end: what stands between the cells, and the plain ones. Whatever is
//! rare is left to serde. A page of 2,700 rows of `make bench` takes 0.73 ms so, and took 1.27 by serde's visitors alone.

use std::borrow::Cow;

use memchr::memchr2;
use serde::Deserialize as _;
use serde_json::value::RawValue;

/// A JSON text, and how far it was read.
#[derive(Clone, Copy)]
pub(crate) struct Json<'a> {
    text: &'a str,
    place: usize,
}

impl<'a> Json<'a> {
    pub(crate) fn new(text: &'a str) -> Json<'a> {
        Json { text, place: 0 }
    }

    /// What comes next, without the whitespace before it.
    #[inline]
    fn rest(&mut self) -> &'a [u8] {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(self.place) {
            self.place += 1;
        }
        &bytes[self.place..]
    }

    /// The byte so far behind what comes next.
    #[inline]
    pub(crate) fn peek(&mut self, offset: usize) -> Option<u8> {
        self.rest().get(offset).copied()
    }

    /// Goes past these tokens, if it is they that come next.
    #[inline]
    pub(crate) fn take(&mut self, tokens: &str) -> bool {
        let comes = self.rest().starts_with(tokens.as_bytes());
        self.place += if comes { tokens.len() } else { 0 };
        comes
    }

    /// The text of the value that comes next, whatever it is.
    pub(crate) fn value(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        // Not through the end of the text: what follows the value is not serde's to read.
        let mut json = serde_json::Deserializer::from_slice(rest);
        let value = <&RawValue>::deserialize(&mut json).ok()?.get();
        self.place += value.len();
        Some(value)
    }

    /// The string that comes next.
    pub(crate) fn string(&mut self) -> Option<Cow<'a, str>> {
        let inside = self.rest().strip_prefix(b"\"")?;
        let end = memchr2(b'"', b'\\', inside)?;
        let has_controls = inside[..end].iter().fold(false, |has, byte| has | (*byte < b' '));
        if inside[end] == b'\\' || has_controls {
            return serde_json::from_str(self.value()?).ok().map(Cow::Owned);
        }
        let start = self.place + 1;
        self.place = start + end + 1;
        self.text.get(start..start + end).map(Cow::Borrowed)
    }

    /// The integer that comes next, of eighteen digits at most.
    pub(crate) fn integer(&mut self) -> Option<i64> {
        let rest = self.rest();
        let is_negative = rest.first() == Some(&b'-');
        let digits = &rest[usize::from(is_negative)..];
        let count = digits.iter().take(19).take_while(|byte| byte.is_ascii_digit()).count();
        let is_plain = match digits.first() {
            Some(b'0') => count == 1,
            _ => (1..19).contains(&count),
        };
        if !is_plain || matches!(digits.get(count), Some(b'.' | b'e' | b'E')) {
            return None;
        }
        let value = digits[..count].iter().fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0'));
        self.place += usize::from(is_negative) + count;
        Some(if is_negative { -value } else { value })
    }

    /// Whether nothing comes any more.
    pub(crate) fn is_at_end(&mut self) -> bool {
        self.rest().is_empty()
    }
}
