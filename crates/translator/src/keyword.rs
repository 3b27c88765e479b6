//! The fixed English of a question: what its small words mean, whatever the schema is.

use crate::chunk::Chunk;
use crate::plan::{Function, Operator};

/// Words that only ask or only hold the sentence together: none of them narrows an answer.
const GLUE: &[&str] = &[
    "a",
    "all",
    "also",
    "am",
    "an",
    "any",
    "are",
    "be",
    "been",
    "can",
    "could",
    "detail",
    "details",
    "did",
    "display",
    "do",
    "does",
    "everything",
    "exist",
    "exists",
    "fetch",
    "find",
    "get",
    "give",
    "has",
    "have",
    "having",
    "i",
    "info",
    "information",
    "is",
    "it",
    "kindly",
    "like",
    "list",
    "me",
    "need",
    "please",
    "respective",
    "retrieve",
    "see",
    "show",
    "tell",
    "that",
    "the",
    "there",
    "these",
    "they",
    "this",
    "those",
    "to",
    "together",
    "us",
    "want",
    "was",
    "we",
    "were",
    "what",
    "which",
    "who",
    "will",
    "would",
    "you",
];

/// Verbs that say no more than that two things are linked.
const LIGHT_VERBS: &[&str] = &[
    "associated",
    "called",
    "belong",
    "belonging",
    "belongs",
    "contain",
    "contained",
    "contains",
    "include",
    "included",
    "includes",
    "linked",
    "located",
    "named",
    "offer",
    "offered",
    "offers",
    "related",
    "take",
    "taken",
    "takes",
    "taking",
    "titled",
    "took",
];

/// Verbs that ask to change data when they are what the question asks for.
const CHANGES: &[&str] = &[
    "add", "alter", "append", "assign", "change", "create", "delete", "drop", "edit", "enroll",
    "erase", "fire", "grant", "hire", "insert", "make", "merge", "modify", "move", "purge",
    "register", "remove", "rename", "replace", "revoke", "set", "truncate", "update", "upsert",
    "wipe", "write",
];

/// Words before the verb of a request: "could you please …".
const POLITE: &[&str] = &[
    "can", "could", "would", "will", "you", "please", "kindly", "i", "we", "want", "need", "like",
    "to", "now", "then", "and", "also", "d", "us", "let", "lets", "just", "hi", "hello", ",",
];

pub(crate) fn is_glue(word: &str) -> bool {
    GLUE.contains(&word) || LIGHT_VERBS.contains(&word)
}

/// The verb of a request to change data, if this is one.
pub(crate) fn asks_to_change(words: &[String]) -> Option<&str> {
    let verb = words.iter().find(|word| !POLITE.contains(&word.as_str()))?;
    CHANGES.contains(&verb.as_str()).then_some(verb.as_str())
}

/// The longest fixed phrase that starts these lower-case words, and how many of them it takes.
pub(crate) fn longest(words: &[String]) -> Option<(Chunk, usize)> {
    let starts = |phrase: &str| {
        phrase.split(' ').count() <= words.len()
            && phrase.split(' ').zip(words).all(|(one, other)| one == other)
    };
    PHRASES
        .iter()
        .filter(|(phrase, _)| starts(phrase))
        .map(|(phrase, chunk)| (chunk.clone(), phrase.split(' ').count()))
        .max_by_key(|(_, length)| *length)
}

const fn later(operator: Operator) -> Chunk {
    Chunk::Compare { operator, of_time: true }
}

const fn more(operator: Operator) -> Chunk {
    Chunk::Compare { operator, of_time: false }
}

const fn extreme(descending: bool, of_time: bool) -> Chunk {
    Chunk::Superlative { descending, of_time }
}

const PHRASES: &[(&str, Chunk)] = &[
    ("how many", Chunk::Count),
    ("number of", Chunk::Count),
    ("total number of", Chunk::Count),
    ("count", Chunk::Count),
    ("count of", Chunk::Count),
    ("count the number of", Chunk::Count),
    ("count the", Chunk::Count),
    ("average", Chunk::Aggregate(Function::Average)),
    ("mean", Chunk::Aggregate(Function::Average)),
    ("total", Chunk::Aggregate(Function::Sum)),
    ("sum of", Chunk::Aggregate(Function::Sum)),
    ("minimum", Chunk::Aggregate(Function::Minimum)),
    ("maximum", Chunk::Aggregate(Function::Maximum)),
    ("each", Chunk::Each),
    ("per", Chunk::Each),
    ("by", Chunk::By),
    ("grouped by", Chunk::Each),
    ("group by", Chunk::Each),
    ("broken down by", Chunk::Each),
    ("sorted", Chunk::Sorted),
    ("ordered", Chunk::Sorted),
    ("sort", Chunk::Sorted),
    ("order", Chunk::Sorted),
    ("descending", Chunk::Descending),
    ("in descending order", Chunk::Descending),
    ("and", Chunk::And),
    ("as well as", Chunk::And),
    ("their", Chunk::Their),
    ("its", Chunk::Their),
    ("with", Chunk::With),
    ("along with", Chunk::With),
    ("together with", Chunk::With),
    ("whose", Chunk::With),
    ("where", Chunk::With),
    ("without", Chunk::Without),
    ("with no", Chunk::Without),
    ("without any", Chunk::Without),
    ("has no", Chunk::Without),
    ("have no", Chunk::Without),
    ("in", Chunk::In),
    ("during", Chunk::In),
    ("within", Chunk::In),
    ("on", Chunk::In),
    ("of", Chunk::Of),
    ("for", Chunk::Of),
    ("from", Chunk::Of),
    ("at", Chunk::Of),
    ("about", Chunk::Of),
    ("inside", Chunk::Of),
    ("active", Chunk::Active),
    ("currently active", Chunk::Active),
    ("still active", Chunk::Active),
    ("ongoing", Chunk::Active),
    ("currently running", Chunk::Active),
    ("still running", Chunk::Active),
    ("between", Chunk::Between),
    ("after", later(Operator::Greater)),
    ("later than", later(Operator::Greater)),
    ("before", later(Operator::Less)),
    ("earlier than", later(Operator::Less)),
    ("prior to", later(Operator::Less)),
    ("since", later(Operator::AtLeast)),
    ("until", later(Operator::AtMost)),
    ("up to", later(Operator::AtMost)),
    ("more than", more(Operator::Greater)),
    ("greater than", more(Operator::Greater)),
    ("larger than", more(Operator::Greater)),
    ("higher than", more(Operator::Greater)),
    ("over", more(Operator::Greater)),
    ("above", more(Operator::Greater)),
    ("less than", more(Operator::Less)),
    ("fewer than", more(Operator::Less)),
    ("smaller than", more(Operator::Less)),
    ("lower than", more(Operator::Less)),
    ("under", more(Operator::Less)),
    ("below", more(Operator::Less)),
    ("at least", more(Operator::AtLeast)),
    ("no less than", more(Operator::AtLeast)),
    ("no fewer than", more(Operator::AtLeast)),
    ("at most", more(Operator::AtMost)),
    ("no more than", more(Operator::AtMost)),
    ("exactly", more(Operator::Equal)),
    ("equal to", more(Operator::Equal)),
    ("top", extreme(true, false)),
    ("bottom", extreme(false, false)),
    ("most", Chunk::Most { descending: true }),
    ("largest number of", Chunk::Most { descending: true }),
    ("highest number of", Chunk::Most { descending: true }),
    ("fewest", Chunk::Most { descending: false }),
    ("highest", extreme(true, false)),
    ("largest", extreme(true, false)),
    ("biggest", extreme(true, false)),
    ("lowest", extreme(false, false)),
    ("smallest", extreme(false, false)),
    ("latest", extreme(true, true)),
    ("newest", extreme(true, true)),
    ("most recent", extreme(true, true)),
    ("oldest", extreme(false, true)),
    ("earliest", extreme(false, true)),
];
