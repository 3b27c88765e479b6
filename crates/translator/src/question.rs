//! The question as tokens: words, numbers, dates, quoted texts and marks.

/// One token, with its text as written (a quoted text without its quotes).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) kind: TokenKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Word,
    /// Digits with at most one point; thousands commas are taken out.
    Number,
    /// `2026-11-22`
    Date,
    Quoted,
    Mark,
}

impl Token {
    pub(crate) fn lower(&self) -> String {
        match self.kind {
            TokenKind::Quoted => String::new(),
            _ => self.text.to_lowercase(),
        }
    }

    /// A word written as names are: it starts with a capital or holds a digit.
    pub(crate) fn is_name(&self) -> bool {
        self.kind == TokenKind::Word
            && self.text.chars().any(|c| c.is_uppercase() || c.is_ascii_digit())
    }

    pub(crate) fn is_mark(&self, mark: &str) -> bool {
        self.kind == TokenKind::Mark && self.text == mark
    }
}

/// Cuts the question into tokens; marks that end the sentence are left out.
pub(crate) fn tokens(question: &str) -> Vec<Token> {
    let text = question.trim().trim_end_matches(['?', '!', '.', ' ', '\n']);
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, length) = next(rest, first);
        tokens.extend(token);
        rest = &rest[length..];
    }
    tokens
}

/// The token at the start of `rest`, if there is one, and how many bytes it takes.
fn next(rest: &str, first: char) -> (Option<Token>, usize) {
    let token = |kind, text: &str| Some(Token { text: text.to_owned(), kind });
    if first.is_whitespace() {
        return (None, first.len_utf8());
    }
    if let Some(close) = closing(first)
        && let Some(text) = quoted(&rest[first.len_utf8()..], close)
    {
        let length = first.len_utf8() + text.len() + close.len_utf8();
        return (token(TokenKind::Quoted, text), length);
    }
    if first.is_ascii_digit() {
        let end =
            rest.find(|c: char| !c.is_alphanumeric() && !",.-".contains(c)).unwrap_or(rest.len());
        let text = rest[..end].trim_end_matches([',', '.', '-']);
        return (token(number_kind(text), &plain_number(text)), text.len());
    }
    if first.is_alphabetic() || first == '_' {
        let end = word_end(rest);
        let text = &rest[..end];
        let word = ["'s", "’s"].iter().find_map(|s| text.strip_suffix(s)).unwrap_or(text);
        return (token(TokenKind::Word, word), end);
    }
    let length = first.len_utf8();
    (token(TokenKind::Mark, &rest[..length]), length)
}

fn closing(open: char) -> Option<char> {
    match open {
        '\'' | '"' | '`' => Some(open),
        '“' => Some('”'),
        '‘' => Some('’'),
        '«' => Some('»'),
        _ => None,
    }
}

/// The text up to the closing quote: an apostrophe between letters does not close.
fn quoted(rest: &str, close: char) -> Option<&str> {
    rest.char_indices().find_map(|(place, character)| {
        let after = rest[place + character.len_utf8()..].chars().next();
        let closes = character == close && !after.is_some_and(char::is_alphanumeric);
        (closes && place > 0).then(|| &rest[..place])
    })
}

/// A word runs over letters, digits, underscores, and hyphens and apostrophes between letters.
fn word_end(rest: &str) -> usize {
    rest.char_indices()
        .find(|(place, c)| {
            let inner = || {
                let after = rest[place + c.len_utf8()..].chars().next();
                "-'’".contains(*c) && after.is_some_and(char::is_alphanumeric)
            };
            !(c.is_alphanumeric() || *c == '_' || inner())
        })
        .map_or(rest.len(), |(place, _)| place)
}

fn number_kind(text: &str) -> TokenKind {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if text.parse::<jiff::civil::Date>().is_ok() && text.contains('-') {
        TokenKind::Date
    } else if plain_number(text).splitn(2, '.').all(is_digits) {
        TokenKind::Number
    } else {
        TokenKind::Word
    }
}

/// The number without the commas of its thousands; anything else as it is.
fn plain_number(text: &str) -> String {
    let mut groups = text.split('.').next().unwrap_or_default().split(',');
    let grouped = groups.next().is_some_and(|first| (1..=3).contains(&first.len()))
        && groups.all(|group| group.len() == 3);
    if grouped { text.replace(',', "") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(question: &str, expected: &[(&str, TokenKind)]) {
        let tokens = tokens(question);
        let found: Vec<_> = tokens.iter().map(|t| (t.text.as_str(), t.kind)).collect();
        assert_eq!(found, expected, "{question}");
    }

    #[test]
    fn cuts_words_numbers_and_quotes() {
        use TokenKind::{Date, Mark, Number, Quoted, Word};
        check("Who is it?", &[("Who", Word), ("is", Word), ("it", Word)]);
        check("position 'Head of O'Hara'", &[("position", Word), ("Head of O'Hara", Quoted)]);
        check("department's CS-101", &[("department", Word), ("CS-101", Word)]);
        check(
            "over 1,250,000.50 since 2024-02-29, 2,3",
            &[
                ("over", Word),
                ("1250000.50", Number),
                ("since", Word),
                ("2024-02-29", Date),
                (",", Mark),
                ("2,3", Word),
            ],
        );
        check("2024-02-30", &[("2024-02-30", Word)]);
        check("“Grüße” («x»)", &[("Grüße", Quoted), ("(", Mark), ("x", Quoted), (")", Mark)]);
    }
}
