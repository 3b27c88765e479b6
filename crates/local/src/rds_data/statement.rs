//! One statement: checked by PostgreSQL, run, and its result put into the service's words.

use std::pin::pin;

use futures::TryStreamExt as _;
use serde_json::{Value, json};
use tokio_postgres::{Client, Column, SimpleQueryMessage, SimpleQueryRow};

use super::{
    Limits, columns,
    error::DataError,
    parameters::Template,
    request::{ExecuteStatement, RecordsFormat, ResultSetOptions, SqlParameter},
    values::{Shape, plain},
};

/// Runs `sql` with `parameters` and gives the response of `ExecuteStatement`.
///
/// Preparing it first makes PostgreSQL insist on one statement and tell the types of parameters
/// and columns. It then runs as a simple query, since only that gives every type as text, and
/// stops at the first row beyond a limit.
pub(super) async fn run(
    client: &Client,
    sql: &str,
    input: &ExecuteStatement,
    parameters: &[SqlParameter],
    limits: &Limits,
) -> Result<Value, DataError> {
    let template = Template::parse(sql)?;
    let types = template.types(parameters);
    let prepared = client.prepare_typed(&template.numbered(), &types).await?;
    let text = template.with_values(parameters)?;
    let columns = prepared.columns();
    let formatted = input.format_records_as == RecordsFormat::Json;
    let metadata = match input.include_result_metadata && !formatted && !columns.is_empty() {
        true => Some(columns::describe(client, columns).await?),
        false => None,
    };

    let mut records = Records::new(columns, input.result_set_options, limits);
    let mut updated = 0;
    // With parameters, a position would count the characters of our literals.
    let failed = |error| DataError::of(&error, !template.has_parameters());
    let mut messages = pin!(client.simple_query_raw(&text).await?.map_err(failed));
    while let Some(message) = messages.try_next().await? {
        match message {
            SimpleQueryMessage::Row(row) => records.push(&row)?,
            SimpleQueryMessage::CommandComplete(rows) if columns.is_empty() => updated = rows,
            _ => {}
        }
    }

    if columns.is_empty() {
        return Ok(json!({ "numberOfRecordsUpdated": updated, "generatedFields": [] }));
    }
    if formatted {
        let formatted = records.formatted(columns);
        return Ok(json!({ "numberOfRecordsUpdated": 0, "formattedRecords": formatted }));
    }
    let mut response = json!({ "numberOfRecordsUpdated": 0 });
    response["records"] = records.rows.into_iter().map(Value::Array).collect();
    if let Some(metadata) = metadata {
        response["columnMetadata"] = json!(metadata);
    }
    Ok(response)
}

/// The rows so far, and how many bytes the service would count for them.
struct Records<'a> {
    shapes: Vec<Shape>,
    options: ResultSetOptions,
    limits: &'a Limits,
    bytes: usize,
    rows: Vec<Vec<Value>>,
}

impl<'a> Records<'a> {
    fn new(columns: &[Column], options: ResultSetOptions, limits: &'a Limits) -> Records<'a> {
        let shapes = columns.iter().map(|column| Shape::of(column.type_())).collect();
        Records { shapes, options, limits, bytes: 0, rows: Vec::new() }
    }

    fn push(&mut self, row: &SimpleQueryRow) -> Result<(), DataError> {
        let value = |index| row.try_get(index).map_err(DataError::from);
        let texts: Vec<Option<&str>> = (0..row.len()).map(value).collect::<Result<_, _>>()?;
        let text_bytes: usize = texts.iter().flatten().map(|text| text.len()).sum();
        if text_bytes > self.limits.row_bytes {
            return Err(DataError::RowTooLarge(self.limits.row_bytes));
        }
        self.bytes += 2 + 4 * texts.len() + text_bytes;
        if self.bytes > self.limits.response_bytes {
            return Err(DataError::ResultTooLarge(self.limits.response_bytes));
        }
        let fields = self.shapes.iter().zip(texts);
        let fields = fields.map(|(shape, text)| shape.field(text, self.options));
        self.rows.push(fields.collect::<Result<_, _>>()?);
        Ok(())
    }

    /// A JSON array of objects, their keys in the order of the columns.
    fn formatted(&self, columns: &[Column]) -> String {
        let object = |row: &Vec<Value>| {
            let members = columns
                .iter()
                .zip(row)
                .map(|(column, field)| format!("{}:{}", Value::from(column.name()), plain(field)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        };
        format!("[{}]", self.rows.iter().map(object).collect::<Vec<_>>().join(","))
    }
}
