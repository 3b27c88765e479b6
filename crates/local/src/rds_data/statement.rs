//! One statement: checked by PostgreSQL, run, and its result put into the service's words.

use std::pin::pin;
use std::sync::PoisonError;

use futures::TryStreamExt as _;
use serde_json::json;
use tokio_postgres::{Column, SimpleQueryMessage, SimpleQueryRow};

use super::{
    Limits, columns,
    connections::Connection,
    error::DataError,
    parameters::Template,
    request::{ExecuteStatement, RecordsFormat, SqlParameter},
    values::Shape,
};

/// Runs `sql` with `parameters` and gives the response of `ExecuteStatement`, as JSON.
///
/// Preparing it first makes PostgreSQL insist on one statement and tell the types of parameters
/// and columns. It then runs as a simple query, since only that gives every type as text, and
/// stops at the first row beyond a limit.
pub(super) async fn run(
    connection: &Connection,
    sql: &str,
    input: &ExecuteStatement,
    parameters: &[SqlParameter],
    limits: &Limits,
) -> Result<Vec<u8>, DataError> {
    let Connection { client, fetched, .. } = connection;
    if !sql.starts_with("FETCH ") {
        fetched.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
    let template = Template::parse(sql)?;
    let types = template.types(parameters);
    let prepared = client.prepare_typed(&template.numbered(), &types).await?;
    let text = template.with_values(parameters)?;
    let columns = prepared.columns();
    let formatted = input.format_records_as == RecordsFormat::Json;
    let metadata = match input.include_result_metadata && !formatted && !columns.is_empty() {
        true => Some(columns::describe(client, columns, fetched).await?),
        false => None,
    };

    let mut records = Records::new(columns, input, limits);
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

    let mut rest = json!({ "numberOfRecordsUpdated": updated });
    if columns.is_empty() {
        rest["generatedFields"] = json!([]);
        return Ok(rest.to_string().into());
    }
    if formatted {
        rest["formattedRecords"] = String::from_utf8_lossy(&records.end()).into();
        return Ok(rest.to_string().into());
    }
    if let Some(metadata) = metadata {
        rest["columnMetadata"] = json!(metadata);
    }
    // In place: an answer's rows are up to a megabyte.
    let mut response = records.end();
    response.splice(..0, *br#"{"records":"#);
    response.push(b',');
    response.extend_from_slice(&rest.to_string().as_bytes()[1..]);
    Ok(response)
}
/// The rows so far as JSON, and how many bytes the service would count for them.
struct Records<'a> {
    shapes: Vec<Shape>,
    /// As `formattedRecords` has them: `"name":`.
    names: Vec<String>,
    input: &'a ExecuteStatement,
    limits: &'a Limits,
    bytes: usize,
    json: Vec<u8>,
}

impl<'a> Records<'a> {
    fn new(columns: &[Column], input: &'a ExecuteStatement, limits: &'a Limits) -> Records<'a> {
        let shapes = columns.iter().map(|column| Shape::of(column.type_())).collect();
        let names = columns.iter().map(|column| format!("{}:", json!(column.name()))).collect();
        Records { shapes, names, input, limits, bytes: 0, json: vec![b'['] }
    }

    fn push(&mut self, row: &SimpleQueryRow) -> Result<(), DataError> {
        let options = self.input.result_set_options;
        let formatted = self.input.format_records_as == RecordsFormat::Json;
        let (open, close) = if formatted { (b'{', b'}') } else { (b'[', b']') };
        if self.json.len() > 1 {
            self.json.push(b',');
        }
        self.json.push(open);
        let mut text_bytes = 0;
        for (index, shape) in self.shapes.iter().enumerate() {
            if index > 0 {
                self.json.push(b',');
            }
            let text = row.try_get(index)?;
            text_bytes += text.map_or(0, str::len);
            let field = shape.field(text, options)?;
            let written = if formatted {
                self.json.extend_from_slice(self.names[index].as_bytes());
                field.write_plain(&mut self.json)
            } else {
                field.write(&mut self.json)
            };
            written.map_err(|_| DataError::Internal)?;
        }
        self.json.push(close);
        if text_bytes > self.limits.row_bytes {
            return Err(DataError::RowTooLarge(self.limits.row_bytes));
        }
        self.bytes += 2 + 4 * self.shapes.len() + text_bytes;
        if self.bytes > self.limits.response_bytes {
            return Err(DataError::ResultTooLarge(self.limits.response_bytes));
        }
        Ok(())
    }

    fn end(mut self) -> Vec<u8> {
        self.json.push(b']');
        self.json
    }
}
