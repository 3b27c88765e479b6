//! How deep each token stands, and how deep a tree the tokens can make.
//!
//! The tree itself is read by recursion over protobuf messages, so its depth must be bounded before
//! it is built: libpg_query's own bound depends on how it was compiled.

use pg_query::protobuf::Token as T;

use crate::source::Lexeme;

/// One open parenthesis, bracket or `CASE`.
struct Level {
    closer: T,
    /// Set operations: each makes the tree of this level one deeper.
    arms: usize,
    /// The deepest of the segments that ended; segments stand side by side in the tree.
    deepest: usize,
    /// The words and operators of this segment, each of which may stand above the next.
    here: usize,
    /// The deepest level within this segment.
    inner: usize,
}

impl Level {
    fn closed_by(closer: T) -> Self {
        Self { closer, arms: 0, deepest: 0, here: 0, inner: 0 }
    }

    fn end_segment(&mut self) {
        self.deepest = self.deepest.max(self.here + self.inner);
        (self.here, self.inner) = (0, 0);
    }

    fn close(mut self) -> usize {
        self.end_segment();
        self.arms + self.deepest + 1
    }
}

/// Sets every token's depth, that of its opener for a closer, and answers a bound on how many
/// constructs can nest. The tree has at most five messages for each.
pub(crate) fn measure(tokens: &mut [Lexeme]) -> usize {
    let mut outer = Vec::new();
    let mut level = Level::closed_by(T::Nul);
    for token in tokens {
        if matches!(token.kind, T::Ascii41 | T::Ascii93) {
            // `case` may also be the name of a column, which nothing closes.
            while level.closer == T::EndP {
                level = leave(level, &mut outer);
            }
        }
        if token.kind == level.closer {
            level = leave(level, &mut outer);
            token.depth = outer.len();
            continue;
        }
        token.depth = outer.len();
        let opened = match token.kind {
            T::Ascii40 => Some(T::Ascii41),
            T::Ascii91 => Some(T::Ascii93),
            T::Case => Some(T::EndP),
            _ => None,
        };
        match token.kind {
            T::Union | T::Intersect | T::Except => {
                level.end_segment();
                level.arms += 1;
            }
            T::Ascii44 | T::Ascii59 => level.end_segment(),
            T::When | T::Then | T::Else if level.closer == T::EndP => level.end_segment(),
            T::Ident | T::Iconst | T::Fconst | T::Sconst | T::Ascii46 | T::And | T::Or => {}
            _ => level.here += 1,
        }
        if let Some(closer) = opened {
            outer.push(std::mem::replace(&mut level, Level::closed_by(closer)));
        }
    }
    while !outer.is_empty() {
        level = leave(level, &mut outer);
    }
    level.close()
}

/// Closes `level`; the outermost stays.
fn leave(level: Level, outer: &mut Vec<Level>) -> Level {
    match outer.pop() {
        Some(mut parent) => {
            parent.inner = parent.inner.max(level.close());
            parent
        }
        None => level,
    }
}

#[cfg(test)]
mod tests {
    use crate::source::Source;

    #[test]
    fn words_add_up_segments_stand_side_by_side_and_arms_of_set_operations_add_one() {
        for (sql, bound) in [
            ("SELECT 1", 2),
            ("SELECT a.b AND c OR 'd'", 2),
            ("SELECT 1 + 2 + 3, 4 - 5", 4),
            ("SELECT (1)", 4),
            ("SELECT ((1))", 6),
            ("SELECT a[1], (2 + 3), 4", 4),
            ("SELECT (1, 2 + 3, (4))", 6),
            ("SELECT (1) UNION SELECT 2 INTERSECT SELECT 3", 6),
            ("SELECT 1 UNION SELECT 2 + 3 EXCEPT SELECT 4", 5),
            ("SELECT CASE WHEN a + 1 THEN b + 2 ELSE c + 3 END", 5),
            ("SELECT (case)", 6),
            ("SELECT ARRAY[1 + 2 + 3, 4 + 5]", 7),
            ("SELECT a + b AS when + c", 6),
        ] {
            let nesting = Source::only_statement(sql).map(|(source, _)| source.nesting);
            assert_eq!(nesting.ok(), Some(bound), "{sql}");
        }
    }
}
