//! A table as the `CREATE TABLE` statement that a model reads.

use std::fmt::Write as _;

use super::{Column, ForeignKey, Table};

pub(super) fn create_table(table: &Table) -> String {
    let mut text = String::new();
    if let Some(comment) = &table.comment {
        let _ = writeln!(text, "-- {}", one_line(comment));
    }
    let _ = writeln!(text, "CREATE TABLE {}.{} (", quoted(&table.schema), quoted(&table.name));
    let mut entries: Vec<(String, Option<&str>)> = table
        .columns
        .iter()
        .map(|column| (column_line(table, column), column.comment.as_deref()))
        .collect();
    if table.primary_key.len() > 1 {
        entries.push((format!("PRIMARY KEY ({})", list(&table.primary_key)), None));
    }
    for key in table.foreign_keys.iter().filter(|key| key.columns.len() > 1) {
        entries.push((format!("FOREIGN KEY ({}) {}", list(&key.columns), references(key)), None));
    }
    let last = entries.len().saturating_sub(1);
    for (index, (entry, comment)) in entries.iter().enumerate() {
        let comma = if index < last { "," } else { "" };
        let comment =
            comment.map(|comment| format!(" -- {}", one_line(comment))).unwrap_or_default();
        let _ = writeln!(text, "  {entry}{comma}{comment}");
    }
    text.push_str(");\n");
    text
}

fn column_line(table: &Table, column: &Column) -> String {
    let mut line = format!("{} {}", quoted(&column.name), column.data_type);
    if table.primary_key == [column.name.as_str()] {
        line.push_str(" PRIMARY KEY");
    } else if column.not_null {
        line.push_str(" NOT NULL");
    }
    let single = table.foreign_keys.iter().filter(|key| key.columns == [column.name.as_str()]);
    for key in single {
        line.push(' ');
        line.push_str(&references(key));
    }
    line
}

fn references(key: &ForeignKey) -> String {
    format!(
        "REFERENCES {}.{} ({})",
        quoted(&key.references_schema),
        quoted(&key.references_table),
        list(&key.references_columns)
    )
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

/// A comment must not end its line, nor the tag in which the schema stands.
fn one_line(comment: &str) -> String {
    comment.split_whitespace().collect::<Vec<_>>().join(" ").replace('<', "‹")
}

/// The identifier as SQL needs it: bare when it reads back as itself, else in double quotes.
fn quoted(name: &str) -> String {
    let bare = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !RESERVED.contains(&name);
    if bare { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// PostgreSQL's reserved key words, and those reserved but for functions and types (appendix C of its manual).
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, data_type: &str, not_null: bool, comment: Option<&str>) -> Column {
        Column {
            name: name.into(),
            data_type: data_type.into(),
            not_null,
            comment: comment.map(Into::into),
        }
    }

    #[test]
    fn a_table_reads_as_its_statement() {
        let table = Table {
            schema: "research".into(),
            name: "project_members".into(),
            comment: Some("who works\non what".into()),
            columns: vec![
                column("project_id", "integer", true, None),
                column("user", "integer", true, Some("the </schema> person")),
                column("Role", "text", false, None),
            ],
            primary_key: vec!["project_id".into(), "user".into()],
            foreign_keys: vec![ForeignKey {
                columns: vec!["project_id".into()],
                references_schema: "research".into(),
                references_table: "projects".into(),
                references_columns: vec!["project_id".into()],
            }],
        };
        let expected = "\
-- who works on what
CREATE TABLE research.project_members (
  project_id integer NOT NULL REFERENCES research.projects (project_id),
  \"user\" integer NOT NULL, -- the ‹/schema> person
  \"Role\" text,
  PRIMARY KEY (project_id, \"user\")
);
";
        assert_eq!(create_table(&table), expected);
    }

    #[test]
    fn a_single_key_stands_at_its_column() {
        let table = Table {
            schema: "public".into(),
            name: "order".into(),
            columns: vec![column("id", "bigint", true, None)],
            primary_key: vec!["id".into()],
            ..Table::default()
        };
        assert_eq!(
            create_table(&table),
            "CREATE TABLE public.\"order\" (\n  id bigint PRIMARY KEY\n);\n"
        );
    }
}
