//! SQL that passed the guard, for one question.

use jiff::tz::TimeZone;

use crate::schema::is_allowed;
use crate::{AsOf, Error, ErrorKind};

/// One SELECT that the guard accepted and whose tables the question allows. Nothing else reaches the
/// database: each step that runs SQL makes this first, from whatever text it was handed.
#[derive(Debug, Clone)]
pub struct SettledSql(sql_guard::Accepted);

impl SettledSql {
    /// Puts the text before the guard. `tables` is the question's allow-list, empty for all.
    pub fn check(sql: &str, tables: &[String]) -> Result<SettledSql, Error> {
        let accepted = sql_guard::check(sql)
            .map_err(|refusal| Error::new(ErrorKind::SqlRefused, refusal.to_string()))?;
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

    #[test]
    fn the_guard_and_the_allow_list_decide() {
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
        ] {
            let refused = SettledSql::check(sql, &tables).err().map(|error| error.kind());
            assert_eq!(refused, expected, "{sql}");
        }
    }

    #[test]
    fn now_is_the_as_of() {
        let settled = SettledSql::check("SELECT now() AS at", &[]).expect("accepted");
        let anchored =
            settled.anchored("2026-11-22T06:00:00Z".parse().expect("an as-of"), &TimeZone::UTC);
        assert!(anchored.contains("2026-11-22 06:00:00"), "{anchored}");
    }
}
