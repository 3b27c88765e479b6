//! Text as sentences of clauses of words.

use std::mem::take;

/// Words up to a comma, a colon, a line's end or an "and".
pub(super) type Clause = Vec<Word>;

/// A word as it is compared: in lower case, without punctuation.
pub(super) struct Word {
    pub(super) text: String,
    /// A name, a number, an identifier or a quotation: something that a verb could act on.
    pub(super) is_value: bool,
}

/// Splits a text. A blank line ends a sentence, any other line break only a clause, since question
/// files wrap their lines.
pub(super) fn sentences(text: &str) -> Vec<Vec<Clause>> {
    let text = text.replace(';', " ; ");
    let mut parts = Parts::default();
    for line in text.lines() {
        if line.trim().is_empty() {
            parts.end_sentence();
        }
        for raw in line.split_whitespace() {
            let word = Word::read(raw);
            let joins = matches!(word.text.as_str(), "" | "and" | "then" | "but");
            if !joins {
                parts.clause.push(word);
            }
            if raw.ends_with(['.', '!', '?', ';']) {
                parts.end_sentence();
            } else if joins || raw.ends_with([',', ':']) {
                parts.end_clause();
            }
        }
        parts.end_clause();
    }
    parts.end_sentence();
    parts.sentences
}

impl Word {
    fn read(raw: &str) -> Self {
        let bare = raw.trim_matches(|c: char| !c.is_alphanumeric() && c != '=' && c != '%');
        let is_value = raw.starts_with(['\'', '"', '`', '‘', '“'])
            || bare.contains(['.', '_'])
            || bare.starts_with(|c: char| c.is_uppercase() || c.is_numeric());
        Self { text: bare.to_lowercase(), is_value }
    }
}

/// What is split so far; neither a clause nor a sentence is ever empty.
#[derive(Default)]
struct Parts {
    sentences: Vec<Vec<Clause>>,
    sentence: Vec<Clause>,
    clause: Clause,
}

impl Parts {
    fn end_clause(&mut self) {
        if !self.clause.is_empty() {
            self.sentence.push(take(&mut self.clause));
        }
    }

    fn end_sentence(&mut self) {
        self.end_clause();
        if !self.sentence.is_empty() {
            self.sentences.push(take(&mut self.sentence));
        }
    }
}
