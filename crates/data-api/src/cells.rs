//! The cells of one column, as they come.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder,
    Float64Builder, Int16Builder, Int32Builder, Int64Builder, ListBuilder, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::compute::kernels::cast_utils::{Parser, string_to_datetime};
use arrow::datatypes::{DataType, Date32Type};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;

use crate::decimal;
use crate::types::list_element;

/// Why a cell has no value in its column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// The service sent another kind of field.
    Kind,
    /// No Arrow value means it.
    Range,
}

type Taken = Result<(), Misfit>;

/// What builds the array of one column.
pub(crate) enum CellBuilder {
    Boolean(BooleanBuilder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    Decimal { values: Decimal128Builder, precision: u8, scale: i8, rounded_values: u64 },
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Binary(BinaryBuilder),
    Text(StringBuilder),
    Longs(ListBuilder<Int64Builder>),
    Doubles(ListBuilder<Float64Builder>),
    Booleans(ListBuilder<BooleanBuilder>),
    Strings(ListBuilder<StringBuilder>),
}

/// The same for whichever builder it is.
macro_rules! each {
    ($cells:expr, $builder:ident => $result:expr) => {
        match $cells {
            CellBuilder::Boolean($builder) => $result,
            CellBuilder::Int16($builder) => $result,
            CellBuilder::Int32($builder) => $result,
            CellBuilder::Int64($builder) => $result,
            CellBuilder::Float32($builder) => $result,
            CellBuilder::Float64($builder) => $result,
            CellBuilder::Decimal { values: $builder, .. } => $result,
            CellBuilder::Date($builder) => $result,
            CellBuilder::Timestamp($builder) => $result,
            CellBuilder::Binary($builder) => $result,
            CellBuilder::Text($builder) => $result,
            CellBuilder::Longs($builder) => $result,
            CellBuilder::Doubles($builder) => $result,
            CellBuilder::Booleans($builder) => $result,
            CellBuilder::Strings($builder) => $result,
        }
    };
}

impl CellBuilder {
    /// For a column of that type, with room for so many rows.
    pub(crate) fn new(data_type: &DataType, rows: usize) -> CellBuilder {
        match data_type {
            DataType::Boolean => CellBuilder::Boolean(BooleanBuilder::with_capacity(rows)),
            DataType::Int16 => CellBuilder::Int16(Int16Builder::with_capacity(rows)),
            DataType::Int32 => CellBuilder::Int32(Int32Builder::with_capacity(rows)),
            DataType::Int64 => CellBuilder::Int64(Int64Builder::with_capacity(rows)),
            DataType::Float32 => CellBuilder::Float32(Float32Builder::with_capacity(rows)),
            DataType::Float64 => CellBuilder::Float64(Float64Builder::with_capacity(rows)),
            &DataType::Decimal128(precision, scale) => {
                let values = Decimal128Builder::with_capacity(rows);
                let values = values.with_data_type(DataType::Decimal128(precision, scale));
                CellBuilder::Decimal { values, precision, scale, rounded_values: 0 }
            }
            DataType::Date32 => CellBuilder::Date(Date32Builder::with_capacity(rows)),
            DataType::Timestamp(_, zone) => {
                let values = TimestampMicrosecondBuilder::with_capacity(rows);
                CellBuilder::Timestamp(values.with_timezone_opt(zone.clone()))
            }
            DataType::Binary => CellBuilder::Binary(BinaryBuilder::with_capacity(rows, 0)),
            DataType::List(element) => Self::lists(element.data_type()),
            _ => CellBuilder::Text(StringBuilder::with_capacity(rows, 0)),
        }
    }

    fn lists(element: &DataType) -> CellBuilder {
        let field = list_element(element.clone());
        macro_rules! lists {
            ($builder:expr) => {
                ListBuilder::new($builder).with_field(field)
            };
        }
        match element {
            DataType::Boolean => CellBuilder::Booleans(lists!(BooleanBuilder::new())),
            DataType::Int64 => CellBuilder::Longs(lists!(Int64Builder::new())),
            DataType::Float64 => CellBuilder::Doubles(lists!(Float64Builder::new())),
            _ => CellBuilder::Strings(lists!(StringBuilder::new())),
        }
    }

    pub(crate) fn finish(mut self) -> ArrayRef {
        each!(&mut self, builder => Arc::new(builder.finish()))
    }

    /// Numerics that had more digits than their column's scale.
    pub(crate) fn rounded_values(&self) -> u64 {
        match self {
            CellBuilder::Decimal { rounded_values, .. } => *rounded_values,
            _ => 0,
        }
    }

    pub(crate) fn append_null(&mut self) {
        each!(self, builder => builder.append_null());
    }

    pub(crate) fn append_boolean(&mut self, value: bool) -> Taken {
        let CellBuilder::Boolean(builder) = self else { return Err(Misfit::Kind) };
        builder.append_value(value);
        Ok(())
    }

    pub(crate) fn append_long(&mut self, value: i64) -> Taken {
        match self {
            CellBuilder::Int16(builder) => builder.append_value(narrow(value)?),
            CellBuilder::Int32(builder) => builder.append_value(narrow(value)?),
            CellBuilder::Int64(builder) => builder.append_value(value),
            _ => return Err(Misfit::Kind),
        }
        Ok(())
    }

    pub(crate) fn append_double(&mut self, value: f64) -> Taken {
        match self {
            // A float4 goes through a double and back unharmed: the double is the nearest to its shortest digits.
            CellBuilder::Float32(builder) => builder.append_value(value as f32),
            CellBuilder::Float64(builder) => builder.append_value(value),
            _ => return Err(Misfit::Kind),
        }
        Ok(())
    }

    pub(crate) fn append_text(&mut self, text: &str) -> Taken {
        match self {
            CellBuilder::Text(builder) => builder.append_value(text),
            CellBuilder::Decimal { values, precision, scale, rounded_values } => {
                let value = decimal::parse(text, *precision, *scale).ok_or(Misfit::Range)?;
                *rounded_values += u64::from(value.rounded);
                values.append_value(value.units);
            }
            CellBuilder::Date(builder) => builder.append_value(date(text)?),
            CellBuilder::Timestamp(builder) => builder.append_value(timestamp(text)?),
            _ => return Err(Misfit::Kind),
        }
        Ok(())
    }

    pub(crate) fn append_base64(&mut self, text: &str) -> Taken {
        let CellBuilder::Binary(builder) = self else { return Err(Misfit::Kind) };
        builder.append_value(STANDARD.decode(text).map_err(|_| Misfit::Kind)?);
        Ok(())
    }
}

fn narrow<T: TryFrom<i64>>(value: i64) -> Result<T, Misfit> {
    T::try_from(value).map_err(|_| Misfit::Range)
}

/// Days since 1970. PostgreSQL prints the years 1 to 9999 in ten characters, all others in more.
pub(crate) fn date(text: &str) -> Result<i32, Misfit> {
    let ten = Some(text).filter(|text| text.len() == 10);
    ten.and_then(Date32Type::parse).ok_or(Misfit::Range)
}

/// Microseconds since 1970. A `timestamptz` comes in UTC without an offset, and is read with one too.
pub(crate) fn timestamp(text: &str) -> Result<i64, Misfit> {
    let instant = string_to_datetime(&Utc, text).map_err(|_| Misfit::Range)?;
    Ok(instant.timestamp_micros())
}
