//! A page's JSON as Arrow arrays: each cell goes from the text of the answer into the builder of its column.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use crate::cells::{CellBuilder, Misfit};
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
    let mut rows = Rows { cells, row_count: 0, fault: None };
    let mut json = serde_json::Deserializer::from_str(page.json()?);
    let read =
        Answer(&mut rows).deserialize(&mut json).and_then(|parts| json.end().map(|()| parts));
    let parts = match (rows.fault.take(), read) {
        (Some(fault), _) => return Err(fault.error(columns)),
        (None, Err(_)) => return Err(unreadable()),
        (None, Ok(parts)) => parts,
    };
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
    /// What ended the reading, if not the JSON itself.
    fault: Option<Fault>,
}

enum Fault {
    /// In the column at that place.
    Cell(usize, Misfit),
    /// A record has not one field a column.
    Fields,
}

impl Fault {
    fn error(self, columns: &[Column]) -> Error {
        let (place, misfit) = match self {
            Fault::Cell(place, misfit) => (place, misfit),
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

/// What an answer was seen to hold.
#[derive(Default)]
struct Parts {
    records: bool,
    columns: Option<usize>,
}

/// The answer: an object.
struct Answer<'a>(&'a mut Rows);

impl<'de> DeserializeSeed<'de> for Answer<'_> {
    type Value = Parts;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Parts, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Answer<'_> {
    type Value = Parts;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an answer of ExecuteStatement")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parts, A::Error> {
        let mut parts = Parts::default();
        while let Some(key) = map.next_key::<&str>()? {
            match key {
                "records" => {
                    map.next_value_seed(Records(&mut *self.0))?;
                    parts.records = true;
                }
                "columnMetadata" => {
                    parts.columns = Some(map.next_value::<Vec<IgnoredAny>>()?.len())
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(parts)
    }
}

/// Its records: a list.
struct Records<'a>(&'a mut Rows);

impl<'de> DeserializeSeed<'de> for Records<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Records<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<(), A::Error> {
        while records.next_element_seed(Record(&mut *self.0))?.is_some() {
            self.0.row_count += 1;
        }
        Ok(())
    }
}

/// One record: a list of one field a column.
struct Record<'a>(&'a mut Rows);

impl<'de> DeserializeSeed<'de> for Record<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Record<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a record")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let Rows { cells, fault, .. } = self.0;
        for (place, cell) in cells.iter_mut().enumerate() {
            match fields.next_element_seed(FieldOf(cell))? {
                Some(Ok(())) => {}
                Some(Err(misfit)) => {
                    *fault = Some(Fault::Cell(place, misfit));
                    return Err(A::Error::custom("a cell"));
                }
                None => {
                    *fault = Some(Fault::Fields);
                    return Err(A::Error::custom("too few fields"));
                }
            }
        }
        if fields.next_element::<IgnoredAny>()?.is_some() {
            *fault = Some(Fault::Fields);
            return Err(A::Error::custom("too many fields"));
        }
        Ok(())
    }
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
