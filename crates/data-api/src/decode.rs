//! A page's JSON as Arrow arrays: each cell goes from the text of the answer into the builder of its column.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::cells::{CellBuilder, Misfit};
use crate::json::Json;
use crate::member::Member;
use crate::page::{Page, unreadable};
use crate::{Column, Error, ErrorKind};

/// A page as a batch.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) batch: RecordBatch,
    /// Numerics that had more digits than their column's scale.
    pub(crate) rounded_values: u64,
}

/// Decodes a page of these columns.
///
/// An answer without records, without metadata or with more rows than were asked for is not taken for a page: an
/// empty or truncated body reads as one that leaves everything out.
pub(crate) fn decode(
    columns: &[Column],
    schema: &SchemaRef,
    page: &Page,
) -> Result<Decoded, Error> {
    // Room for what was asked for, unless that is more than such a page can hold.
    let rows =
        usize::try_from(page.asked).unwrap_or(0).min(page.size_bytes() / 4 / columns.len().max(1));
    let cells = columns.iter().map(|column| CellBuilder::new(&column.data_type, rows)).collect();
    let mut rows = Rows { cells, row_count: 0 };
    let parts = answer(&mut Json::new(page.json()?), &mut rows).map_err(|fault| match fault {
        Fault::Cell(place, misfit) => misfit_of(&columns[place], misfit),
        Fault::Fields => Error::malformed("a record whose fields are not the columns"),
        Fault::Json => unreadable(),
    })?;
    if !parts.records {
        return Err(Error::malformed("a page without records"));
    }
    if parts.columns != Some(columns.len()) {
        return Err(Error::malformed("a page without column metadata"));
    }
    if rows.row_count > page.asked {
        return Err(Error::malformed("a page of more rows than were asked for"));
    }
    let rounded_values = rows.cells.iter().map(CellBuilder::rounded_values).sum();
    let arrays = rows.cells.into_iter().map(CellBuilder::finish).collect();
    let batch = RecordBatch::try_new(Arc::clone(schema), arrays)
        .map_err(|error| Error::malformed("columns of unequal length").with_source(error))?;
    Ok(Decoded { batch, rounded_values })
}

/// The rows so far.
struct Rows {
    cells: Vec<CellBuilder>,
    row_count: u64,
}

/// What ended the reading.
enum Fault {
    /// In the column at that place.
    Cell(usize, Misfit),
    /// A record has not one field a column.
    Fields,
    /// It is not the JSON of an answer.
    Json,
}

fn misfit_of(column: &Column, misfit: Misfit) -> Error {
    let Column { name, postgres_type, data_type, .. } = column;
    match misfit {
        Misfit::Kind => Error::new(
            ErrorKind::UnsupportedType,
            format!(
                "column `{name}` of type `{postgres_type}` comes in a form that does not fit its type; cast it to \
                 text: `(…)::text AS {name}`"
            ),
        ),
        Misfit::Range => Error::new(
            ErrorKind::ValueOutOfRange,
            format!(
                "column `{name}` of type `{postgres_type}` holds a value that `{data_type}` cannot hold (too large, \
                 infinite, or no number); cast it to text: `(…)::text AS {name}`"
            ),
        ),
    }
}

/// What an answer was seen to hold.
#[derive(Default)]
struct Parts {
    records: bool,
    columns: Option<usize>,
}

/// The answer: an object.
fn answer(json: &mut Json<'_>, rows: &mut Rows) -> Result<Parts, Fault> {
    let mut parts = Parts::default();
    list(json, ["{", "}"], |json| {
        let key: String = parsed(json)?;
        if !json.take(":") {
            return Err(Fault::Json);
        }
        match key.as_str() {
            "records" if parts.records => return Err(Fault::Json),
            "records" => {
                list(json, ["[", "]"], |json| record(json, rows))?;
                parts.records = true;
            }
            "columnMetadata" => {
                let columns: Vec<IgnoredAny> = parsed(json)?;
                parts.columns = Some(columns.len());
            }
            _ => drop(json.value().ok_or(Fault::Json)?),
        }
        Ok(())
    })?;
    if json.is_at_end() { Ok(parts) } else { Err(Fault::Json) }
}

/// What stands between two brackets, one after the other.
fn list<'a>(
    json: &mut Json<'a>,
    [open, close]: [&str; 2],
    mut element: impl FnMut(&mut Json<'a>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    if !json.take(open) {
        return Err(Fault::Json);
    }
    if json.take(close) {
        return Ok(());
    }
    loop {
        element(json)?;
        if !json.take(",") {
            return if json.take(close) { Ok(()) } else { Err(Fault::Json) };
        }
    }
}

/// One record: a list of one field a column.
fn record(json: &mut Json<'_>, rows: &mut Rows) -> Result<(), Fault> {
    let mut cells = rows.cells.iter_mut().enumerate();
    list(json, ["[", "]"], |json| {
        let (place, cell) = cells.next().ok_or(Fault::Fields)?;
        field(json, cell)?.map_err(|misfit| Fault::Cell(place, misfit))
    })?;
    rows.row_count += 1;
    if cells.next().is_none() { Ok(()) } else { Err(Fault::Fields) }
}

/// One field, into its cell.
fn field(json: &mut Json<'_>, cell: &mut CellBuilder) -> Result<Result<(), Misfit>, Fault> {
    let mut ahead = *json;
    if let Some(taken) = plain_field(&mut ahead, cell) {
        *json = ahead;
        return Ok(taken);
    }
    let value = json.value().ok_or(Fault::Json)?;
    FieldOf(cell)
        .deserialize(&mut serde_json::Deserializer::from_str(value))
        .map_err(|_| Fault::Json)
}

/// The fields that most are, in the form in which they are written.
fn plain_field(json: &mut Json<'_>, cell: &mut CellBuilder) -> Option<Result<(), Misfit>> {
    // By the first letter of the member.
    match json.peek(2)? {
        b's' if json.take(r#"{"stringValue":"#) => {
            let text = json.string()?;
            json.take("}").then(|| cell.append_text(text))
        }
        b'l' if json.take(r#"{"longValue":"#) => {
            let value = json.integer()?;
            json.take("}").then(|| cell.append_long(value))
        }
        b'i' if json.take(r#"{"isNull":true}"#) => {
            cell.append_null();
            Some(Ok(()))
        }
        b'b' if json.take(r#"{"booleanValue":true}"#) => Some(cell.append_boolean(true)),
        b'b' if json.take(r#"{"booleanValue":false}"#) => Some(cell.append_boolean(false)),
        _ => None,
    }
}

fn parsed<'a, T: Deserialize<'a>>(json: &mut Json<'a>) -> Result<T, Fault> {
    let value = json.value().ok_or(Fault::Json)?;
    serde_json::from_str(value).map_err(|_| Fault::Json)
}

/// One field: an object whose one member says what kind of value it holds.
struct FieldOf<'a>(&'a mut CellBuilder);

impl<'de> DeserializeSeed<'de> for FieldOf<'_> {
    type Value = Result<(), Misfit>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FieldOf<'_> {
    type Value = Result<(), Misfit>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a field")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some(kind) = map.next_key()? else { return Ok(Err(Misfit::Kind)) };
        let taken = map.next_value_seed(Member { kind, cell: self.0 })?;
        // A second member would be another value of the same cell.
        let alone = map.next_entry::<IgnoredAny, IgnoredAny>()?.is_none();
        Ok(if alone { taken } else { taken.and(Err(Misfit::Kind)) })
    }
}

#[cfg(test)]
mod tests;
