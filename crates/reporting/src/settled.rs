//! SQL that passed the guard, for one question.

use jiff::tz::TimeZone;
use sql_guard::{Guard, RefusalKind};

use crate::schema::{Schema, is_allowed};
use crate::{AsOf, Error, ErrorKind};

/// One SELECT that the guard accepted and whose tables the question allows. Nothing else reaches the
/// database: each step that runs SQL makes this first, from whatever text it was handed.
#[derive(Debug, Clone)]
pub struct SettledSql(sql_guard::Accepted);

impl SettledSql {
    /// Puts the text before the guard. `tables` is the question's allow-list, empty for all.
    ///
    /// Against a schema every name must be one that it has, as PostgreSQL would have it; without one only what
    /// a text alone shows is seen, which is for looking at a file and not for running it.
    pub fn check(
        sql: &str,
        tables: &[String],
        schema: Option<&Schema>,
    ) -> Result<SettledSql, Error> {
        let guard = match schema {
            Some(schema) => Guard::default().knowing(schema.to_guard()),
            None => Guard::default(),
        };
        let accepted = guard.check(sql).map_err(|refusal| {
            let kind = match refusal.kind {
                RefusalKind::UnknownRelation => ErrorKind::UnknownRelation,
                RefusalKind::UnknownColumn => ErrorKind::UnknownColumn,
                _ => ErrorKind::SqlRefused,
            };
            Error::new(kind, refusal.to_string())
        })?;
        if !accepted.repeatable {
            return Err(Error::new(
                ErrorKind::SqlRefused,
                "`TABLESAMPLE` is refused: it draws other rows in every run; write TABLESAMPLE … REPEATABLE (1)",
            ));
        }
        for relation in &accepted.relations {
            if !is_allowed(tables, relation.schema.as_deref(), &relation.name) {
                let schema = relation
                    .schema
                    .as_deref()
                    .map(|schema| format!("{schema}."))
                    .unwrap_or_default();
                return Err(Error::new(
                    ErrorKind::TableNotAllowed,
                    format!(
                        "`{schema}{}` is not among the question's tables; use only {}",
                        relation.name,
                        tables.join(", ")
                    ),
                ));
            }
        }
        Ok(SettledSql(accepted))
    }

    /// The statement alone: no closing semicolon, nothing behind it.
    pub fn text(&self) -> &str {
        self.0.sql()
    }

    /// The statement in which "now" is the run's as-of.
    pub fn anchored(&self, as_of: AsOf, zone: &TimeZone) -> String {
        self.0.anchor(&as_of.in_zone(zone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    fn schema() -> Schema {
        let table = |name: &str, column: &str| {
            let column = schema::Column { name: column.into(), ..schema::Column::default() };
            let (schema, name) = name.split_once('.').expect("a schema and a name");
            schema::Table {
                schema: schema.into(),
                name: name.into(),
                columns: vec![column],
                ..schema::Table::default()
            }
        };
        Schema {
            tables: vec![table("academics.students", "gpa"), table("staff.salaries", "amount")],
        }
    }

    #[test]
    fn the_guard_the_schema_and_the_allow_list_decide() {
        let tables = ["academics.students".to_owned()];
        for (sql, expected) in [
            ("SELECT * FROM academics.students;", None),
            ("WITH s AS (SELECT 1 AS one FROM academics.students) SELECT one FROM s", None),
            ("SELECT * FROM staff.salaries", Some(ErrorKind::TableNotAllowed)),
            ("DELETE FROM academics.students", Some(ErrorKind::SqlRefused)),
            (
                "SELECT 1 FROM academics.students TABLESAMPLE system (5)",
                Some(ErrorKind::SqlRefused),
            ),
            ("SELECT 1 FROM academics.students TABLESAMPLE system (5) REPEATABLE (1)", None),
            ("SELECT gpa FROM academics.students", None),
            ("SELECT gap FROM academics.students", Some(ErrorKind::UnknownColumn)),
            ("SELECT s.leak FROM academics.students AS s", Some(ErrorKind::UnknownColumn)),
            ("SELECT gpa FROM academics.pupils", Some(ErrorKind::UnknownRelation)),
            ("SELECT p.gpa FROM academics.students AS s", Some(ErrorKind::UnknownRelation)),
        ] {
            let checked = SettledSql::check(sql, &tables, Some(&schema()));
            let refused = checked.err().map(|error| error.kind());
            assert_eq!(refused, expected, "{sql}");
        }
    }

    #[test]
    fn now_is_the_as_of() {
        let settled = SettledSql::check("SELECT now() AS at", &[], None).expect("accepted");
        let anchored =
            settled.anchored("2026-11-22T06:00:00Z".parse().expect("an as-of"), &TimeZone::UTC);
        assert!(anchored.contains("2026-11-22 06:00:00"), "{anchored}");
    }
}
