//! A column of a table, and what the catalog says of it to a person.

use crate::schema::{Schema, Table};

/// Glue's limits of a column's comment and a table's description, in bytes of UTF-8: so its developer guide has it
/// ("Column", "TableInput"). Its API reference counts characters, of which this is never more.
const MAX_COMMENT: usize = 255;
pub(super) const MAX_DESCRIPTION: usize = 2048;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// Lower-case letters, digits and underscores.
    pub name: String,
    /// Its type in Athena's DDL.
    pub athena_type: String,
    /// What PostgreSQL's `COMMENT ON` says of the column that it comes from, as [`described`] has it.
    pub comment: Option<String>,
}

/// The column of the database that a report's column is, unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The schema of its table, if it is known.
    pub schema: Option<&'a str>,
    /// Its table.
    pub table: &'a str,
    /// Its name there.
    pub column: &'a str,
}

/// The comment of that column, in the characters and the length that the catalog takes.
pub fn described(schema: &Schema, origin: Origin<'_>) -> Option<String> {
    let is_there = |it: &&Table| {
        it.name == origin.table && origin.schema.is_none_or(|schema| schema == it.schema)
    };
    let mut tables = schema.tables.iter().filter(is_there);
    // Of two it may be either.
    let (table, None) = (tables.next()?, tables.next()) else { return None };
    let column = table.columns.iter().find(|it| it.name == origin.column)?;
    let words: Vec<&str> = column.comment.as_deref()?.split_whitespace().collect();
    Some(cut(&words.join(" "), MAX_COMMENT)).filter(|comment| !comment.is_empty())
}

/// Without the characters that the catalog refuses, and no longer than it takes; a cut shows as `…`.
pub(super) fn cut(text: &str, most: usize) -> String {
    let taken = |c: &char| *c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}');
    let text: String =
        text.chars().map(|c| if c == '\n' { ' ' } else { c }).filter(taken).collect();
    if text.len() <= most {
        return text;
    }
    let kept = text.floor_char_boundary(most - '…'.len_utf8());
    format!("{}…", &text[..kept])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Column;

    #[test]
    fn a_comment_is_what_the_catalog_takes() {
        let check = |comment: Option<&str>, expected: Option<&str>| {
            let column = Column {
                name: "title".into(),
                comment: comment.map(str::to_owned),
                ..Column::default()
            };
            let table = Table {
                schema: "public".into(),
                name: "films".into(),
                columns: vec![column],
                ..Table::default()
            };
            let elsewhere = Table { schema: "old".into(), ..table.clone() };
            let schema = Schema { tables: vec![table] };
            let origin = Origin { schema: Some("public"), table: "films", column: "title" };
            let told = described(&schema, origin);
            assert_eq!(told.as_deref(), expected);
            assert!(told.as_ref().is_none_or(|told| told.len() <= MAX_COMMENT));
            for other in [
                Origin { schema: Some("other"), ..origin },
                Origin { table: "books", ..origin },
                Origin { column: "year", ..origin },
            ] {
                assert_eq!(described(&schema, other), None, "{other:?}");
            }
            let unknown = Origin { schema: None, ..origin };
            assert_eq!(described(&schema, unknown), told);
            let both = Schema { tables: [schema.tables, vec![elsewhere]].concat() };
            assert_eq!((described(&both, origin), described(&both, unknown)), (told, None));
        };
        check(None, None);
        check(Some(""), None);
        check(Some(" \n "), None);
        check(Some("As printed,\r\n\tnot as sold\u{1}\u{ffff}"), Some("As printed, not as sold"));
        check(Some(&"x".repeat(255)), Some(&"x".repeat(255)));
        check(Some(&"x".repeat(256)), Some(&format!("{}…", "x".repeat(252))));
        check(Some(&"ü".repeat(128)), Some(&format!("{}…", "ü".repeat(126))));
    }
}
