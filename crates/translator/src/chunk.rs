//! Tokens to chunks: what each stretch of the question is, before what it does there.
//!
//! Every token ends up in a chunk, is glue (a closed list of words that narrow nothing), or makes
//! the question declined.

use crate::decline::Decline;
use crate::join::Entity;
use crate::keyword;
use crate::lexicon::{Attribute, Lexicon};
use crate::period::{Period, Unit};
use crate::plan::{Function, Operator};
use crate::question::{Token, TokenKind};
use crate::words::{is_verb, singular};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Chunk {
    /// A table, or a reference to one; several where the phrase does not tell them apart.
    Entity {
        options: Vec<Entity>,
        plural: bool,
    },
    /// A column, of `owner` where a table's name went before it ("department names").
    Column {
        options: Vec<Attribute>,
        owner: Option<Entity>,
    },
    /// A value: quoted, or written as names are.
    Text(String),
    Number(String),
    When(Period),
    /// A past form that may stand for a column's noun ("hired" for `hire_date`).
    Verb(String),
    Count,
    Aggregate(Function),
    Compare {
        operator: Operator,
        of_time: bool,
    },
    Between,
    Superlative {
        descending: bool,
        of_time: bool,
    },
    /// "the most courses", "the fewest courses"
    Most {
        descending: bool,
    },
    Each,
    By,
    Sorted,
    Descending,
    And,
    Their,
    With,
    Without,
    In,
    Of,
    /// "currently active"
    Active,
}

/// A chunk and the words that it was read from.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) chunk: Chunk,
    pub(crate) words: String,
}

/// Small words that a name may hold between its capitals. Not "and": it may join two names.
const CONNECTORS: &[&str] = &["in", "of", "the", "for", "on", "to", "&"];

/// Cuts the tokens into chunks, the longest phrase first.
pub(crate) fn chunks(lexicon: &Lexicon, tokens: &[Token]) -> Result<Vec<Piece>, Decline> {
    let reader = Reader {
        lexicon,
        lower: tokens.iter().map(Token::lower).collect(),
        single: tokens.iter().map(|token| singular(&token.lower())).collect(),
        tokens,
    };
    let mut pieces: Vec<Piece> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let (chunk, length) = reader.next(at)?;
        let words: Vec<&str> = tokens[at..at + length].iter().map(|t| t.text.as_str()).collect();
        if let Some(chunk) = chunk {
            let words = words.join(" ");
            push(&mut pieces, Piece { chunk, words });
        }
        at += length;
    }
    Ok(pieces)
}

/// Adds a piece, joined with the one before it where the two are one phrase.
fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    let after_over = pieces.last().is_some_and(|last| last.words == "over");
    let merged = match (pieces.last().map(|last| &last.chunk), &piece.chunk) {
        // "department names": a column of the table just named.
        (Some(Chunk::Entity { options: entities, .. }), Chunk::Column { options, .. }) => {
            let owned = |entity: &Entity| options.iter().find(|o| o.table == entity.table);
            let pair = entities.iter().find_map(|entity| Some((entity, owned(entity)?)));
            pair.map(|(entity, attribute)| Chunk::Column {
                options: vec![attribute.clone()],
                owner: Some(*entity),
            })
        }
        // "over the last 30 days" means in them.
        (Some(Chunk::Compare { .. }), Chunk::When(period)) if after_over => {
            Some(Chunk::When(period.clone()))
        }
        _ => None,
    };
    match merged.zip(pieces.last_mut()) {
        Some((chunk, last)) => {
            last.chunk = chunk;
            last.words = format!("{} {}", last.words, piece.words);
        }
        None => pieces.push(piece),
    }
}

struct Reader<'a> {
    lexicon: &'a Lexicon,
    tokens: &'a [Token],
    lower: Vec<String>,
    single: Vec<String>,
}

impl Reader<'_> {
    /// The chunk at a token (none for glue) and how many tokens it takes.
    fn next(&self, at: usize) -> Result<(Option<Chunk>, usize), Decline> {
        let token = &self.tokens[at];
        match token.kind {
            TokenKind::Quoted => return Ok((Some(Chunk::Text(token.text.clone())), 1)),
            TokenKind::Number => return Ok((Some(Chunk::Number(token.text.clone())), 1)),
            TokenKind::Date => {
                let day = Period::day(&token.text).ok_or_else(|| self.unknown(at))?;
                return Ok((Some(Chunk::When(day)), 1));
            }
            TokenKind::Mark if token.text == "," => return Ok((Some(Chunk::And), 1)),
            // Only a gloss opens a parenthesis without being declined.
            TokenKind::Mark if token.text == ")" => return Ok((None, 1)),
            TokenKind::Mark => return Err(self.unknown(at)),
            TokenKind::Word => {}
        }
        if let Some((period, length)) = self.period(at) {
            return Ok((Some(Chunk::When(period)), length));
        }
        let name = self.name(at);
        let named = self.lexicon.longest(&self.single[at..]);
        let fixed = keyword::longest(&self.lower[at..]);
        if name > 1 {
            return self.text(at, name);
        }
        if named.length > 0 && fixed.as_ref().is_none_or(|(_, length)| named.length >= *length) {
            let last = at + named.length - 1;
            let chunk = if named.entities.is_empty() {
                Chunk::Column { options: named.attributes, owner: None }
            } else {
                Chunk::Entity {
                    options: named.entities,
                    plural: self.lower[last] != self.single[last],
                }
            };
            return Ok((Some(chunk), named.length));
        }
        if let Some((chunk, length)) = fixed {
            return Ok((Some(chunk), length));
        }
        self.word(at, name)
    }

    /// A word that is neither the schema's nor a fixed phrase.
    fn word(&self, at: usize, name: usize) -> Result<(Option<Chunk>, usize), Decline> {
        let word = &self.lower[at];
        // "Every project" opens a list; "in every department" is in each.
        if word == "every" && !self.lower[..at].iter().all(|before| keyword::is_glue(before)) {
            return Ok((Some(Chunk::Each), 1));
        }
        if keyword::is_glue(word) || word == "every" {
            return Ok((None, 1));
        }
        if let Some(length) = self.gloss(at) {
            return Ok((None, length));
        }
        if name > 0 {
            return self.text(at, name);
        }
        if is_verb(word) {
            return Ok((Some(Chunk::Verb(word.clone())), 1));
        }
        Err(self.unknown(at))
    }

    /// A stretch written as a name. "A Physics course" is a kind of course, not one so called.
    fn text(&self, at: usize, length: usize) -> Result<(Option<Chunk>, usize), Decline> {
        if at > 0 && ["a", "an", "any"].contains(&self.lower[at - 1].as_str()) {
            return Err(self.unknown(at));
        }
        let words: Vec<&str> =
            self.tokens[at..at + length].iter().map(|token| token.text.as_str()).collect();
        Ok((Some(Chunk::Text(words.join(" "))), length))
    }

    /// How many tokens from here are written as a name: `AI in Education`. A name neither starts
    /// nor ends with a word of the schema, and the capital that opens the question proves nothing.
    fn name(&self, at: usize) -> usize {
        let is_name = |place: usize| self.tokens.get(place).is_some_and(Token::is_name);
        let is_connector = |place: usize| {
            self.lower.get(place).is_some_and(|word| CONNECTORS.contains(&word.as_str()))
        };
        let in_schema = |place: usize| self.lexicon.longest(&self.single[place..]).length > 0;
        let is_fixed = keyword::longest(&self.lower[at..=at]).is_some();
        if !is_name(at) || in_schema(at) || is_fixed {
            return 0;
        }
        let opens = at == 0 && self.tokens[0].text.chars().skip(1).all(char::is_lowercase);
        if opens && (!is_name(1) || keyword::is_glue(&self.lower[0])) {
            return 0;
        }
        let mut length = 1;
        while let Some(skip) = (0..=2).find(|skip| {
            is_name(at + length + skip) && (0..*skip).all(|s| is_connector(at + length + s))
        }) {
            length += skip + 1;
        }
        while length > 1 && in_schema(at + length - 1) {
            length -= 1;
        }
        length
    }

    /// "professors (employees with position 'Professor')": the parenthesis says what the word
    /// means, so the word itself adds nothing. Its length, with the opening mark's.
    fn gloss(&self, at: usize) -> Option<usize> {
        let opens = self.tokens.get(at + 1)?.is_mark("(");
        let close = self.tokens[at..].iter().position(|token| token.is_mark(")"))?;
        let inside = &self.tokens[at + 1..at + close];
        let explains = inside.iter().any(|token| {
            token.kind == TokenKind::Quoted && singular(&token.text) == self.single[at]
        });
        (opens && explains).then_some(2)
    }

    /// "last 30 days", "this year", "last month", "today", "March 2024".
    fn period(&self, at: usize) -> Option<(Period, usize)> {
        let word = |ahead: usize| self.lower.get(at + ahead).map_or("", String::as_str);
        let back = match word(0) {
            "today" => return Some((Period::calendar(0, Unit::Day), 1)),
            "yesterday" => return Some((Period::calendar(1, Unit::Day), 1)),
            "this" | "current" => 0,
            "last" | "past" | "previous" => 1,
            month => return Some((Period::month(month, word(1))?, 2)),
        };
        if back == 1
            && let Some(unit) = Unit::named(word(2))
        {
            return Some((Period::last(word(1), unit)?, 3));
        }
        let unit = Unit::named(word(1))?;
        // "in the last year" runs up to today, "last year" is the calendar's.
        let runs = back == 1 && at > 0 && self.lower[at - 1] == "the";
        let period = if runs { Period::last("1", unit)? } else { Period::calendar(back, unit) };
        Some((period, 2))
    }

    fn unknown(&self, at: usize) -> Decline {
        Decline::Word(self.tokens[at].text.clone())
    }
}
