//! A page's fields as Arrow arrays, column by column.

use std::sync::Arc;

use arrow::array::timezone::Tz;
use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, BooleanBuilder, Date32Array, Decimal128Array,
    Float32Array, Float64Array, Float64Builder, Int16Array, Int32Array, Int64Array, Int64Builder,
    ListBuilder, RecordBatch, StringArray, StringBuilder, TimestampMicrosecondArray,
};
use arrow::compute::kernels::cast_utils::{Parser, string_to_datetime};
use arrow::datatypes::{DataType, Date32Type, SchemaRef};
use aws_sdk_rdsdata::types::{ArrayValue, Field};

use crate::column::list_element;
use crate::{Column, Error, ErrorKind, decimal};

/// Records as a batch.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) batch: RecordBatch,
    /// Numerics that had more digits than their column's scale.
    pub(crate) rounded_values: u64,
}

/// Decodes records that have one field a column.
pub(crate) fn decode(
    columns: &[Column],
    schema: &SchemaRef,
    records: &[Vec<Field>],
) -> Result<Decoded, Error> {
    let mut rounded_values = 0;
    let arrays = columns
        .iter()
        .enumerate()
        .map(|(index, column)| Cells { column, index, records }.array(&mut rounded_values))
        .collect::<Result<Vec<_>, _>>()?;
    let batch = RecordBatch::try_new(Arc::clone(schema), arrays)
        .map_err(|error| Error::malformed("columns of unequal length").with_source(error))?;
    Ok(Decoded { batch, rounded_values })
}

/// The cells of one column.
#[derive(Clone, Copy)]
struct Cells<'a> {
    column: &'a Column,
    index: usize,
    records: &'a [Vec<Field>],
}

/// Why a cell has no value in its column's type.
enum Misfit {
    /// The service sent another kind of field.
    Kind,
    /// No Arrow value means it.
    Range,
}

impl<'a> Cells<'a> {
    fn array(self, rounded_values: &mut u64) -> Result<ArrayRef, Error> {
        Ok(match &self.column.data_type {
            DataType::Boolean => Arc::new(self.collect::<_, BooleanArray>(boolean)?),
            DataType::Int16 => Arc::new(self.collect::<_, Int16Array>(integer)?),
            DataType::Int32 => Arc::new(self.collect::<_, Int32Array>(integer)?),
            DataType::Int64 => Arc::new(self.collect::<_, Int64Array>(integer)?),
            // A float4 goes through a double and back unharmed: the double is the nearest to its shortest digits.
            DataType::Float32 => {
                Arc::new(self.collect::<_, Float32Array>(|field| Ok(float(field)? as f32))?)
            }
            DataType::Float64 => Arc::new(self.collect::<_, Float64Array>(float)?),
            DataType::Decimal128(precision, scale) => {
                let digits = |field: &'a Field| {
                    let value =
                        decimal::parse(string(field)?, *precision, *scale).ok_or(Misfit::Range)?;
                    *rounded_values += u64::from(value.rounded);
                    Ok(value.units)
                };
                let array = self.collect::<_, Decimal128Array>(digits)?;
                Arc::new(array.with_precision_and_scale(*precision, *scale).map_err(|error| {
                    Error::malformed("a numeric of an unknown precision").with_source(error)
                })?)
            }
            DataType::Date32 => Arc::new(self.collect::<_, Date32Array>(date)?),
            DataType::Timestamp(_, zone) => {
                let array = self.collect::<_, TimestampMicrosecondArray>(timestamp)?;
                Arc::new(array.with_timezone_opt(zone.clone()))
            }
            DataType::Binary => Arc::new(self.collect::<_, BinaryArray>(binary)?),
            DataType::List(element) => self.lists(element.data_type())?,
            _ => Arc::new(self.collect::<_, StringArray>(string)?),
        })
    }

    fn collect<T, A>(self, mut read: impl FnMut(&'a Field) -> Result<T, Misfit>) -> Result<A, Error>
    where
        A: FromIterator<Option<T>>,
    {
        self.fields()
            .map(|field| field.map(&mut read).transpose().map_err(|misfit| self.error(misfit)))
            .collect()
    }

    /// The column's fields, NULL as `None`.
    fn fields(self) -> impl Iterator<Item = Option<&'a Field>> {
        self.records.iter().map(move |record| match &record[self.index] {
            Field::IsNull(true) => None,
            field => Some(field),
        })
    }

    fn lists(self, element: &DataType) -> Result<ArrayRef, Error> {
        let element_field = list_element(element.clone());
        macro_rules! lists {
            ($builder:ty, $values:ident) => {{
                let mut lists = ListBuilder::new(<$builder>::new()).with_field(element_field);
                for field in self.fields() {
                    match field {
                        None => lists.append_null(),
                        Some(Field::ArrayValue(ArrayValue::$values(values))) => {
                            lists.values().extend(values.iter().cloned());
                            lists.append(true);
                        }
                        Some(_) => return Err(self.error(Misfit::Kind)),
                    }
                }
                Arc::new(lists.finish())
            }};
        }
        Ok(match element {
            DataType::Boolean => lists!(BooleanBuilder, BooleanValues),
            DataType::Int64 => lists!(Int64Builder, LongValues),
            DataType::Float64 => lists!(Float64Builder, DoubleValues),
            _ => lists!(StringBuilder, StringValues),
        })
    }

    fn error(self, misfit: Misfit) -> Error {
        let Column { name, postgres_type, data_type } = self.column;
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

fn boolean(field: &Field) -> Result<bool, Misfit> {
    match field {
        Field::BooleanValue(value) => Ok(*value),
        _ => Err(Misfit::Kind),
    }
}

fn integer<T: TryFrom<i64>>(field: &Field) -> Result<T, Misfit> {
    match field {
        Field::LongValue(value) => T::try_from(*value).map_err(|_| Misfit::Range),
        _ => Err(Misfit::Kind),
    }
}

fn float(field: &Field) -> Result<f64, Misfit> {
    match field {
        Field::DoubleValue(value) => Ok(*value),
        _ => Err(Misfit::Kind),
    }
}

fn string(field: &Field) -> Result<&str, Misfit> {
    match field {
        Field::StringValue(text) => Ok(text),
        _ => Err(Misfit::Kind),
    }
}

fn binary(field: &Field) -> Result<&[u8], Misfit> {
    match field {
        Field::BlobValue(blob) => Ok(blob.as_ref()),
        _ => Err(Misfit::Kind),
    }
}

/// Days since 1970. PostgreSQL prints the years 1 to 9999 in ten characters, all others in more.
fn date(field: &Field) -> Result<i32, Misfit> {
    let text = string(field)?;
    let ten = Some(text).filter(|text| text.len() == 10);
    ten.and_then(Date32Type::parse).ok_or(Misfit::Range)
}

/// Microseconds since 1970. A `timestamptz` comes in UTC without an offset, and is read with one too.
fn timestamp(field: &Field) -> Result<i64, Misfit> {
    const UTC: &str = "+00:00";
    let utc: Tz = UTC.parse().map_err(|_| Misfit::Kind)?;
    let instant = string_to_datetime(&utc, string(field)?).map_err(|_| Misfit::Range)?;
    Ok(instant.timestamp_micros())
}

#[cfg(test)]
mod tests;
