//! The text as PostgreSQL's lexer sees it: the one statement cut out, and places in it.

use std::ops::Range;

use pg_query::Error;
use pg_query::protobuf::Token;

use crate::nesting;
use crate::parse;
use crate::refusal::Refusal;

/// The most tokens taken: 64 KiB of one-byte tokens would make a tree that takes 120 ms to read.
const MAX_TOKENS: usize = 20_000;

/// The most constructs that may nest, by a bound that counts all words and operators between commas.
const MAX_NESTING: usize = 1_000;

/// Comments in runs of operator characters, each with the length of its run.
const MAX_COMMENT_COST: usize = 200_000;

/// One statement without what stands around it, and its tokens without comments.
pub(crate) struct Source<'a> {
    pub(crate) sql: &'a str,
    /// A bound on how many constructs nest in it.
    pub(crate) nesting: usize,
    tokens: Vec<Lexeme>,
}

/// A token: its kind, its bytes, and how many parentheses, brackets and `CASE`s are open there.
pub(crate) struct Lexeme {
    pub(crate) kind: Token,
    pub(crate) depth: usize,
    range: Range<usize>,
}

impl<'a> Source<'a> {
    /// The only statement of `sql`, and where in `sql` it starts.
    pub(crate) fn only_statement(sql: &'a str) -> Result<(Self, usize), Refusal> {
        if sql.trim().is_empty() {
            return Err(empty());
        }
        if let Some(at) = sql.find('\0') {
            let at = i32::try_from(at).unwrap_or(-1);
            return Err(Refusal::new("\0", at, "PostgreSQL takes no NUL", "leave it out"));
        }
        bounded_comments(sql)?;
        let tokens = lex(sql)?;
        if tokens.len() > MAX_TOKENS {
            let reason = format!("the text has {} tokens, more than {MAX_TOKENS}", tokens.len());
            return Err(Refusal::new("statement", -1, reason, "write a shorter query"));
        }
        let semicolon = |token: &Lexeme| token.kind == Token::Ascii59;
        let first = tokens.iter().position(|token| !semicolon(token)).ok_or_else(empty)?;
        let last = tokens.iter().rposition(|token| !semicolon(token)).ok_or_else(empty)?;
        let mut tokens: Vec<_> = tokens.into_iter().take(last + 1).skip(first).collect();

        let span = match (tokens.first(), tokens.last()) {
            (Some(first), Some(last)) => first.range.start..last.range.end,
            _ => return Err(empty()),
        };
        reads(sql, &tokens)?;
        if let Some(token) = tokens.iter().find(|token| semicolon(token)) {
            return Err(Refusal::new(
                ";",
                token.location(),
                "only one statement may be sent",
                "write one SELECT; join steps with WITH",
            ));
        }
        no_colon_parameters(sql, &tokens)?;
        let nesting = nesting::measure(&mut tokens);
        if nesting > MAX_NESTING {
            return Err(parse::too_deep(-1));
        }
        let start = span.start;
        let tokens = tokens.into_iter().map(|token| token.moved_back(start)).collect();
        let sql = sql.get(span).ok_or_else(empty)?;
        Ok((Self { sql, nesting, tokens }, start))
    }

    /// The bytes of the token that starts at `location`, and its text.
    pub(crate) fn token(&self, location: i32) -> Option<(Range<usize>, &'a str)> {
        let range = self.tokens.get(self.index(location)?)?.range.clone();
        Some((range.clone(), self.sql.get(range)?))
    }

    /// The bytes of the call that starts at `location`, to its closing parenthesis, and the bytes
    /// between its parentheses.
    pub(crate) fn call(&self, location: i32) -> Option<(Range<usize>, Range<usize>)> {
        let first = self.index(location)?;
        let tokens = self.tokens.get(first..)?;
        let open = tokens.iter().position(|token| token.kind == Token::Ascii40)?;
        let depth = tokens.get(open)?.depth;
        let close = tokens.iter().skip(open + 1).find(|token| token.depth <= depth)?;
        let start = tokens.first()?.range.start;
        Some((start..close.range.end, tokens.get(open)?.range.end..close.range.start))
    }

    /// Where the item of a select list that starts at `location` ends. Sound for items whose words
    /// outside of parentheses and `CASE … END` end no select list, as those have that take their
    /// name from an anchor.
    pub(crate) fn item_end(&self, location: i32) -> Option<usize> {
        let tokens = self.tokens.get(self.index(location)?..)?;
        let depth = tokens.first()?.depth;
        let item = tokens.iter().take_while(|token| {
            token.depth > depth || (token.depth == depth && !token.ends_item())
        });
        item.last().map(|token| token.range.end)
    }

    /// Where a locking clause stands; its node does not say.
    pub(crate) fn locking(&self) -> i32 {
        let strength = [Token::Update, Token::Share, Token::No, Token::Key];
        let pairs = self.tokens.iter().zip(self.tokens.iter().skip(1));
        let mut clauses = pairs.filter(|(a, b)| a.kind == Token::For && strength.contains(&b.kind));
        clauses.next_back().map_or(-1, |(first, _)| first.location())
    }

    fn index(&self, location: i32) -> Option<usize> {
        let start = usize::try_from(location).ok()?;
        self.tokens.binary_search_by_key(&start, |token| token.range.start).ok()
    }
}

impl Lexeme {
    fn location(&self) -> i32 {
        i32::try_from(self.range.start).unwrap_or(-1)
    }

    fn moved_back(self, bytes: usize) -> Self {
        let range = self.range.start - bytes..self.range.end - bytes;
        Self { range, ..self }
    }

    fn ends_item(&self) -> bool {
        use Token as T;
        matches!(
            self.kind,
            T::Ascii44
                | T::From
                | T::Where
                | T::GroupP
                | T::Having
                | T::Window
                | T::Union
                | T::Intersect
                | T::Except
                | T::Order
                | T::Limit
                | T::Offset
                | T::Fetch
                | T::For
                | T::Into
        )
    }
}

/// PostgreSQL's lexer takes a whole run of operator characters at each `/*` in it and gives it back: 64 KiB of
/// `/*/*` would take it seconds.
fn bounded_comments(sql: &str) -> Result<(), Refusal> {
    let is_operator = |c: char| "~!@#^&|`?+-*/%<>=".contains(c);
    if !sql.contains("/*") {
        return Ok(());
    }
    let cost: usize =
        sql.split(|c: char| !is_operator(c)).map(|run| run.matches("/*").count() * run.len()).sum();
    if cost <= MAX_COMMENT_COST {
        return Ok(());
    }
    let reason = "it has too many comments in a row";
    Err(Refusal::new("/*", -1, reason, "leave the comments out"))
}

fn lex(sql: &str) -> Result<Vec<Lexeme>, Refusal> {
    let tokens = pg_query::scan_tokens(sql).map_err(|error| match error {
        Error::Scan(message) => parse::syntax(sql, message),
        other => parse::syntax(sql, other.to_string()),
    })?;
    let lexemes = tokens.into_iter().filter_map(|token| {
        let range = usize::try_from(token.start).ok()?..usize::try_from(token.end).ok()?;
        Some(Lexeme { kind: token.token(), depth: 0, range })
    });
    Ok(lexemes
        .filter(|lexeme| !matches!(lexeme.kind, Token::SqlComment | Token::CComment))
        .collect())
}

/// The RDS Data API reads `:name` as a parameter wherever it stands outside of a string, in `a[1:n]` too.
/// <https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_ExecuteStatement.html>
fn no_colon_parameters(sql: &str, tokens: &[Lexeme]) -> Result<(), Refusal> {
    let pair = tokens.windows(2).find(|pair| match pair {
        [colon, name] => {
            let after = sql.get(name.range.clone()).unwrap_or_default();
            colon.kind == Token::Ascii58
                && colon.range.end == name.range.start
                && after.starts_with(|first: char| first.is_alphabetic() || first == '_')
        }
        _ => false,
    });
    match pair {
        Some([colon, ..]) => Err(Refusal::new(
            ":",
            colon.location(),
            "before a name it is read as a parameter of the RDS Data API",
            "put a space after the colon",
        )),
        _ => Ok(()),
    }
}

/// Only what can begin a query reaches the parser.
fn reads(sql: &str, tokens: &[Lexeme]) -> Result<(), Refusal> {
    let Some(first) = tokens.first() else {
        return Err(empty());
    };
    let opening = [Token::Select, Token::With, Token::Values, Token::Table, Token::Ascii40];
    if opening.contains(&first.kind) {
        return Ok(());
    }
    let word = sql.get(first.range.clone()).unwrap_or_default();
    Err(Refusal::new(
        word.to_uppercase(),
        first.location(),
        "only a query may be sent: SELECT, WITH, VALUES or TABLE",
        "write a SELECT that only reads",
    ))
}

fn empty() -> Refusal {
    Refusal::new("statement", -1, "the text holds no statement", "write one SELECT")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(sql: &str) -> Option<Source<'_>> {
        Source::only_statement(sql).ok().map(|(source, _)| source)
    }

    #[test]
    fn as_much_as_the_bounds_is_taken_and_no_more() {
        let tokens = |count: usize| format!("SELECT 1{}", ",1".repeat(count / 2 - 1));
        assert!(source(&tokens(MAX_TOKENS)).is_some());
        assert!(source(&tokens(MAX_TOKENS + 2)).is_none());
        let nesting = |count: usize| format!("SELECT 1{}", "+1".repeat(count - 2));
        assert!(source(&nesting(MAX_NESTING)).is_some());
        assert!(source(&nesting(MAX_NESTING + 1)).is_none());
    }

    #[test]
    fn a_locking_clause_stands_where_the_last_for_has_a_strength() {
        for (sql, expected) in [
            ("SELECT 1 FROM t FOR NO KEY UPDATE", 16),
            ("SELECT 1 FROM t FOR SHARE FOR UPDATE", 26),
            ("SELECT substring(a for 1) FROM t FOR UPDATE OF key", 33),
            ("SELECT substring(a for 1) FROM t", -1),
        ] {
            assert_eq!(source(sql).map(|source| source.locking()), Some(expected), "{sql}");
        }
    }
}
