//! Forms of English words: singulars, and the root that a verb shares with a column's noun.

/// Plurals that no rule gives, and words that only look like plurals.
const IRREGULAR: &[(&str, &str)] = &[
    ("people", "person"),
    ("children", "child"),
    ("men", "man"),
    ("women", "woman"),
    ("movies", "movie"),
    ("series", "series"),
    ("species", "species"),
    ("news", "news"),
];

/// Past forms whose noun has another stem.
const VERBS: &[(&str, &str)] = &[
    ("born", "birth"),
    ("built", "construct"),
    ("bought", "purchase"),
    ("began", "start"),
    ("begun", "start"),
    ("paid", "pay"),
    ("sold", "sell"),
    ("sent", "send"),
];

/// Endings that turn a verb into another form or into its noun.
const ENDINGS: &[&str] =
    &["", "d", "ed", "ing", "ion", "ation", "ication", "ish", "ished", "ment", "ied", "y"];

/// The lower-case singular of a noun: `Departments` → `department`.
pub(crate) fn singular(word: &str) -> String {
    let word = word.to_lowercase();
    if let Some((_, single)) = IRREGULAR.iter().find(|(plural, _)| *plural == word) {
        return (*single).to_owned();
    }
    let keep = |drop: usize| word[..word.len() - drop].to_owned();
    let ends = |ending: &str| word.len() > ending.len() + 1 && word.ends_with(ending);
    if ends("ies") {
        return keep(3) + "y";
    }
    let is_house = ["auses", "ouses"].iter().any(|ending| word.ends_with(ending));
    if ends("uses") && !is_house {
        return keep(2);
    }
    if ["sses", "xes", "ches", "shes", "zes"].iter().any(|e| ends(e)) {
        return keep(2);
    }
    if ends("s") && !["ss", "us", "is"].iter().any(|e| ends(e)) {
        return keep(1);
    }
    word
}

/// Whether the word is a verb's past form or participle, so that it may stand for a column.
pub(crate) fn is_verb(word: &str) -> bool {
    let is_form = word.len() > 4 && ["ed", "ing"].iter().any(|ending| word.ends_with(ending));
    is_form || VERBS.iter().any(|(verb, _)| *verb == word)
}

/// Whether two words have a root in common: `constructed` and `construction`.
pub(crate) fn related(one: &str, other: &str) -> bool {
    let other = roots(other);
    roots(one).iter().any(|root| other.contains(root))
}

/// Every stem the word may have; a stem has at least three letters.
fn roots(word: &str) -> Vec<String> {
    let word = word.to_lowercase();
    let word = match VERBS.iter().find(|(verb, _)| *verb == word) {
        Some((_, noun)) => (*noun).to_owned(),
        None => singular(&word),
    };
    ENDINGS
        .iter()
        .filter_map(|ending| word.strip_suffix(ending))
        .map(|stem| stem.trim_end_matches('e').to_owned())
        .filter(|stem| stem.chars().count() >= 3)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn singulars() {
        for (plural, expected) in [
            ("Students", "student"),
            ("salaries", "salary"),
            ("addresses", "address"),
            ("boxes", "box"),
            ("houses", "house"),
            ("campuses", "campus"),
            ("analysis", "analysis"),
            ("equipment", "equipment"),
            ("people", "person"),
        ] {
            assert_eq!(singular(plural), expected, "{plural}");
        }
    }

    #[test]
    fn verbs_meet_the_nouns_of_columns() {
        for (verb, noun, expected) in [
            ("constructed", "construction", true),
            ("built", "construction", true),
            ("hired", "hire", true),
            ("enrolled", "enrollment", true),
            ("published", "publication", true),
            ("created", "creation", true),
            ("born", "birth", true),
            ("hired", "fire", false),
            ("maintained", "purchase", false),
        ] {
            assert_eq!(related(verb, noun), expected, "{verb} and {noun}");
        }
    }
}
