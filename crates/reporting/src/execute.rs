//! Trying SQL: a small preview for the agent, never the report.

use std::time::Duration;

use serde::Serialize;

use crate::ask::Attributes;
use crate::attempt::{Action, Attempt, Session};
use crate::schema::{Schema, SchemaReader};
use crate::{Error, ObjectStore, SettledSql};

/// The rows that the agent sees at most.
pub const PREVIEW_ROWS: u64 = 20;
/// The characters of a cell that it sees.
const CELL_CHARS: usize = 200;
/// The columns that it sees.
const PREVIEW_COLUMNS: usize = 100;
/// An action group's answer is limited to about 25 KB; the event around the body takes its share.
const PREVIEW_BYTES: usize = 16 * 1024;

/// The first rows of a result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PreviewTable {
    /// Names and types, in order.
    pub columns: Vec<PreviewColumn>,
    /// Cells as text; `null` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// How many rows are shown.
    pub shown: usize,
    /// Whether the result has more rows, or more columns.
    pub more: bool,
}

/// A column of a preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviewColumn {
    /// Its name.
    pub name: String,
    /// PostgreSQL's name of its type.
    #[serde(rename = "type")]
    pub data_type: String,
}

/// The port to the database, for a look. Read-only, bounded in time and rows; may be called any number of times.
pub trait Preview: Send + Sync {
    /// The first `rows` rows of the statement, and whether there are more.
    fn preview(
        &self,
        sql: &str,
        rows: u64,
        timeout: Duration,
        time_zone: &str,
    ) -> impl Future<Output = Result<PreviewTable, Error>> + Send;
}

/// Puts the text before the guard, runs it at the as-of and files the attempt, if it is of a run. Names are held
/// against the run's snapshot of the schema, or, without a run, against the schema as it is now.
pub async fn run(
    store: &impl ObjectStore,
    database: &(impl SchemaReader + Preview),
    session: Option<&Session>,
    attributes: &Attributes,
    sql: &str,
) -> Result<PreviewTable, Error> {
    let schema = attributes.schema(store, database).await?;
    let tried = try_out(&schema, database, attributes, sql).await;
    if let Err(error) = &tried
        && error.kind().retryable()
    {
        return tried.map(|(_, table)| table);
    }
    let attempt = Attempt {
        action: Action::Execute,
        sql: Some(
            tried
                .as_ref()
                .map_or_else(|_| sql.to_owned(), |(settled, _)| settled.text().to_owned()),
        ),
        failure: tried.as_ref().err().map(Error::to_failure),
    };
    if let Some(session) = session {
        session.record(store, &attempt).await?;
    }
    tried.map(|(_, table)| table.fit())
}

async fn try_out(
    schema: &Schema,
    database: &impl Preview,
    attributes: &Attributes,
    sql: &str,
) -> Result<(SettledSql, PreviewTable), Error> {
    let settled = SettledSql::check(sql, &attributes.tables, Some(schema))?;
    let anchored = settled.anchored(attributes.as_of, &attributes.zone()?);
    let table = database
        .preview(&anchored, PREVIEW_ROWS, attributes.timeout, &attributes.time_zone)
        .await?;
    Ok((settled, table))
}

impl PreviewTable {
    /// Cut to what an action group's answer can carry; what is cut is said in `more`.
    fn fit(mut self) -> PreviewTable {
        if self.columns.len() > PREVIEW_COLUMNS {
            self.columns.truncate(PREVIEW_COLUMNS);
            self.rows.iter_mut().for_each(|row| row.truncate(PREVIEW_COLUMNS));
            self.more = true;
        }
        for cell in self.rows.iter_mut().flatten().flatten() {
            if let Some((end, _)) = cell.char_indices().nth(CELL_CHARS) {
                cell.truncate(end);
                cell.push('…');
            }
        }
        while !self.rows.is_empty() && self.json_bytes() > PREVIEW_BYTES {
            self.rows.pop();
            self.more = true;
        }
        self.shown = self.rows.len();
        self
    }

    /// Its bytes in the answer, where the JSON stands in a string.
    fn json_bytes(&self) -> usize {
        let json = serde_json::to_string(self).and_then(|json| serde_json::to_string(&json));
        json.map_or(usize::MAX, |json| json.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: usize, rows: usize, cell: &str) -> PreviewTable {
        let column = PreviewColumn { name: "c".into(), data_type: "text".into() };
        PreviewTable {
            columns: vec![column; columns],
            rows: vec![vec![Some(cell.to_owned()); columns]; rows],
            shown: rows,
            more: false,
        }
    }

    #[test]
    fn a_preview_always_fits_the_agent() {
        for (columns, rows, cell, shown, more) in [
            (2, 3, "x".to_owned(), 3, false),
            (3, 20, "ü".repeat(1000), 13, true),
            (1600, 20, "x".repeat(1000), 0, true),
            (1, 1, "\"\\\n".repeat(1000), 1, false),
        ] {
            let fitted = table(columns, rows, &cell).fit();
            assert!(fitted.json_bytes() <= PREVIEW_BYTES);
            assert_eq!(
                (fitted.shown, fitted.rows.len()),
                (shown, shown),
                "{columns} columns, {rows} rows"
            );
            assert_eq!(fitted.more, more, "{columns} columns, {rows} rows");
        }
    }
}
