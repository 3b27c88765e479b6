//! Nested counts in regular expressions: compiling `((a{200}){200}){200}` takes gigabytes and runs
//! past a statement's time-out.

use std::borrow::Cow;

use crate::refusal::Refusal;
use crate::walk::Checked;

/// How many copies of atoms the counts of one pattern may add.
const MAX_COPIES: u64 = 5_000;

/// PostgreSQL's own limit on one count.
const MAX_COUNT: u64 = 255;

/// The longest count looked for, `{255,255}` with room: a text of braces is read in linear time.
const MAX_COUNT_BYTES: usize = 16;

/// Any text may become a pattern (an operator, a function, JSON path), so every one is looked at.
pub(crate) fn check(text: &str, location: i32) -> Checked {
    if copies(&without_comments(text)) <= MAX_COPIES {
        return Ok(());
    }
    Err(Refusal::new(
        "{…}",
        location,
        "as a regular expression its nested counts grow too large",
        "write smaller counts, or + and *",
    ))
}

/// The pattern without its `(?#…)`, behind which a count may hide from the atom before it.
fn without_comments(pattern: &str) -> Cow<'_, str> {
    if !pattern.contains("(?#") {
        return Cow::Borrowed(pattern);
    }
    let mut pieces = pattern.split("(?#");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        plain.push_str(piece.split_once(')').map_or("", |(_, after)| after));
    }
    Cow::Owned(plain)
}

/// How many atoms the pattern has once its counts are written out, beyond those it has as text.
fn copies(pattern: &str) -> u64 {
    // In the basic syntax, `(?b)`, the signs are `\(`, `\)` and `\{`.
    let basic;
    let pattern = match pattern.strip_prefix("(?") {
        Some(rest) if rest.split(')').next().is_some_and(|options| options.contains('b')) => {
            basic = rest
                .replace("\\(", "(")
                .replace("\\)", ")")
                .replace("\\{", "{")
                .replace("\\}", "}");
            basic.as_str()
        }
        _ => pattern,
    };
    let last_bracket = pattern.rfind(']').unwrap_or_default();
    let mut outer = Vec::new();
    let (mut total, mut last, mut plain) = (0_u64, 0_u64, 0_u64);
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        match c {
            '(' => {
                outer.push(total);
                (total, last) = (0, 0);
            }
            ')' => {
                last = total;
                total = total.saturating_add(outer.pop().unwrap_or_default());
            }
            '{' => {
                if let Some((count, after)) = count(rest.as_str()) {
                    rest = after.chars();
                    total = total.saturating_add(last.saturating_mul(count.saturating_sub(1)));
                    last = last.saturating_mul(count);
                }
            }
            '*' | '+' | '?' => {}
            _ => {
                match c {
                    '\\' => drop(rest.next()),
                    '[' if pattern.len() - rest.as_str().len() <= last_bracket => {
                        skip_brackets(&mut rest)
                    }
                    _ => {}
                }
                (total, last, plain) = (total.saturating_add(1), 1, plain + 1);
            }
        }
    }
    outer.into_iter().fold(total, u64::saturating_add).saturating_sub(plain)
}

/// `3}`, `3,}` or `3,5}`: the greater number, and what follows.
fn count(text: &str) -> Option<(u64, &str)> {
    let end = text.bytes().take(MAX_COUNT_BYTES).position(|byte| byte == b'}')?;
    let (inside, after) = (text.get(..end)?, text.get(end + 1..)?);
    let (least, most) = inside.split_once(',').unwrap_or((inside, inside));
    let least: u64 = least.trim().parse().ok()?;
    let most = most.trim().parse().unwrap_or(least);
    let count = least.max(most);
    (count <= MAX_COUNT).then_some((count, after))
}

/// A closing bracket that stands first is one of the set.
fn skip_brackets(rest: &mut std::str::Chars<'_>) {
    let text = rest.as_str();
    let set = text.strip_prefix('^').unwrap_or(text);
    let set = set.strip_prefix(']').unwrap_or(set);
    if let Some((_, after)) = set.split_once(']') {
        *rest = after.chars();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_multiplied_where_they_nest() {
        let check =
            |pattern: &str, expected: u64| assert_eq!(copies(pattern), expected, "{pattern}");
        check("plain text, {curly} {} {1000000}", 0);
        check("a{3}", 2);
        check("a{2,5}b{4,}", 7);
        check("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}", 13);
        check("(ab{3}){10}", 38);
        check("[]{9}]{3}", 2);
        check(r"\{9\}{3}", 2);
        check(r"\({3}", 2);
        check("(a+){3}", 2);
        check(r"(?i)\(a\{3\}", 0);
        check("((a{100}){100}){100}", 999_999);
        check(
            "(((((((((((a{255}){255}){255}){255}){255}){255}){255}){255}){255}){255}){255}",
            u64::MAX - 1,
        );
        check("{{1,2},{30,40}}", 39);
        check(r"(?b)\(\(a\{100\}\)\{100\}\)\{100\}", 999_999);
        check(&without_comments("a(?#x){200}(?#y){3}(?#z"), 599);
        check(")){5}((", 0);
    }
}
