//! The text of an answer, read from its start to its end: what stands between the cells, and the plain ones. Whatever is
//! rare is left to serde. A page of `make bench` takes 0.71 ms so, and took 1.27 by serde's visitors alone.

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
        // As a rule there is no whitespace.
        let comes = self.text.as_bytes()[self.place..].starts_with(tokens.as_bytes())
            || self.rest().starts_with(tokens.as_bytes());
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

    /// The string that comes next, if it holds no escapes and no control characters.
    #[inline]
    pub(crate) fn string(&mut self) -> Option<&'a str> {
        let inside = self.rest().strip_prefix(b"\"")?;
        let end = plain(inside);
        if inside.get(end) != Some(&b'"') {
            return None;
        }
        let start = self.place + 1;
        self.place = start + end + 1;
        self.text.get(start..start + end)
    }

    /// The integer that comes next, of eighteen digits at most.
    pub(crate) fn integer(&mut self) -> Option<i64> {
        let rest = self.rest();
        let is_negative = rest.first() == Some(&b'-');
        let digits = &rest[usize::from(is_negative)..];
        let mut count = 0;
        let mut value = 0;
        while let Some(digit) = digits.get(count).map(|byte| byte.wrapping_sub(b'0'))
            && digit < 10
        {
            if count == 18 {
                return None;
            }
            value = value * 10 + i64::from(digit);
            count += 1;
        }
        let is_plain = count == 1 || count > 1 && digits[0] != b'0';
        if !is_plain || matches!(digits.get(count), Some(b'.' | b'e' | b'E')) {
            return None;
        }
        self.place += usize::from(is_negative) + count;
        Some(if is_negative { -value } else { value })
    }

    /// Whether nothing comes any more.
    pub(crate) fn is_at_end(&mut self) -> bool {
        self.rest().is_empty()
    }
}

/// How many bytes come before the first that ends a string or is not what it stands for: a quote, a backslash or a control
/// character. Eight are looked at together: most strings are too short for a search in vectors to pay.
#[inline]
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    let is_below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGHS;
    let (words, _) = bytes.as_chunks();
    for (place, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quotes = is_below(word ^ (ONES * u64::from(b'"')), 1);
        let backslashes = is_below(word ^ (ONES * u64::from(b'\\')), 1);
        // A borrow goes up, so that the lowest one is right.
        let found = quotes | backslashes | is_below(word, u64::from(b' '));
        if found != 0 {
            return place * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let rest = words.len() * 8;
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | ..b' ');
    rest + bytes[rest..].iter().position(ends).unwrap_or(bytes.len() - rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_plain_up_to_its_first_other_byte() {
        let bytes =
            [0, 0x1f, b' ', b'!', b'"', b'#', b'[', b'\\', b']', 0x7f, 0x80, 0xa2, 0xdc, 0xff];
        let ends = |byte: &u8| matches!(byte, 0..=0x1f | b'"' | b'\\');
        for (length, place) in
            (1..=24).flat_map(|length| (0..length).map(move |place| (length, place)))
        {
            for (one, other) in bytes.iter().flat_map(|one| bytes.map(|other| (*one, other))) {
                let mut text = vec![b'x'; length];
                text[place] = one;
                if let Some(next) = text.get_mut(place + 1) {
                    *next = other;
                }
                let expected = text.iter().position(ends).unwrap_or(length);
                assert_eq!(plain(&text), expected, "{text:?}");
            }
        }
        assert_eq!(plain(b""), 0);
    }
}
