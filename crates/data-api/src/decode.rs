//! A page's JSON as Arrow arrays: each cell goes from the text of the answer into the builder of its column.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::cells::{CellBuilder, Misfit};
use crate::json::{Broken, Json};
use crate::member;
use crate::page::Page;
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
        usize::try_from(page.asked).unwrap_or(0).min(page.json.len() / 4 / columns.len().max(1));
    let cells = columns.iter().map(|column| CellBuilder::new(&column.data_type, rows)).collect();
    let mut answer = Answer { cells, row_count: 0, has_records: false, column_count: None };
    answer.read(&page.json).map_err(|fault| fault.error(columns))?;
    if !answer.has_records {
        return Err(Error::malformed("a page without records"));
    }
    if answer.column_count != Some(columns.len()) {
        return Err(Error::malformed("a page without column metadata"));
    }
    if answer.row_count > page.asked {
        return Err(Error::malformed("a page of more rows than were asked for"));
    }
    let rounded_values = answer.cells.iter().map(CellBuilder::rounded_values).sum();
    let arrays = answer.cells.into_iter().map(CellBuilder::finish).collect();
    let batch = RecordBatch::try_new(Arc::clone(schema), arrays)
        .map_err(|error| Error::malformed("columns of unequal length").with_source(error))?;
    Ok(Decoded { batch, rounded_values })
}

/// What an answer was seen to hold so far.
struct Answer {
    cells: Vec<CellBuilder>,
    row_count: u64,
    has_records: bool,
    column_count: Option<usize>,
}

impl Answer {
    fn read(&mut self, text: &str) -> Result<(), Fault> {
        let mut json = Json::new(text);
        json.object(|json, key| match key {
            "records" => {
                self.has_records = true;
                json.list(|json| self.record(json))
            }
            "columnMetadata" => {
                let mut columns = 0;
                json.list(|json| {
                    columns += 1;
                    json.skip()
                })?;
                self.column_count = Some(columns);
                Ok(())
            }
            _ => Ok(json.skip()?),
        })?;
        Ok(json.end()?)
    }

    /// One record: a list of one field a column.
    fn record(&mut self, json: &mut Json<'_>) -> Result<(), Fault> {
        self.row_count += 1;
        let mut cells = self.cells.iter_mut().enumerate();
        json.list(|json| {
            let (place, cell) = cells.next().ok_or(Fault::Fields)?;
            field(json, cell)?.map_err(|misfit| Fault::Cell(place, misfit))
        })?;
        cells.next().map_or(Ok(()), |_| Err(Fault::Fields))
    }
}

/// One field: an object whose one member says what kind of value it holds.
fn field(json: &mut Json<'_>, cell: &mut CellBuilder) -> Result<Result<(), Misfit>, Broken> {
    let mut taken = None;
    json.object(|json, kind| {
        taken = Some(match taken {
            None => member::take(json, kind, cell)?,
            // It would be another value of the same cell.
            Some(_) => json.skip().map(|()| Err(Misfit::Kind))?,
        });
        Ok::<_, Broken>(())
    })?;
    Ok(taken.unwrap_or(Err(Misfit::Kind)))
}

/// Why an answer is no page of the columns.
enum Fault {
    /// It is cut off, or no JSON.
    Body,
    /// A record has not one field a column.
    Fields,
    /// In the column at that place.
    Cell(usize, Misfit),
}

impl From<Broken> for Fault {
    fn from(_: Broken) -> Fault {
        Fault::Body
    }
}

impl Fault {
    fn error(self, columns: &[Column]) -> Error {
        let (place, misfit) = match self {
            Fault::Cell(place, misfit) => (place, misfit),
            Fault::Body => return Error::malformed("a body that cannot be read"),
            Fault::Fields => return Error::malformed("a record whose fields are not the columns"),
        };
        let Column { name, postgres_type, data_type, .. } = &columns[place];
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
}

#[cfg(test)]
mod tests;
