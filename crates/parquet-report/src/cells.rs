//! Single values as text and as JSON, for tables, CSV files and previews.

use std::fmt::Write as _;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde_json::Value;

/// The values of a batch, by row and column.
///
/// | type | text | JSON |
/// |---|---|---|
/// | boolean, integers | `true`, `42` | as such |
/// | floats | shortest digits, `NaN`, `Infinity` | a number; a string where it is none |
/// | decimals | every digit of the scale | a string: a number would lose digits |
/// | date, timestamp | `2026-11-22`, `2026-11-22T06:00:00`, with a `Z` if it is an instant | a string |
/// | string | as it is | a string |
/// | binary | hexadecimal after `\x`, as PostgreSQL prints it | a string |
/// | list | its JSON | an array |
pub struct Cells<'a>(&'a RecordBatch);

impl<'a> Cells<'a> {
    /// The cells of that batch.
    pub fn new(batch: &'a RecordBatch) -> Self {
        Cells(batch)
    }

    /// A value as text, NULL as `None`. Panics where there is no such row or column.
    pub fn text(&self, row: usize, column: usize) -> Option<String> {
        let array = self.0.column(column);
        array.is_valid(row).then(|| text(array, row))
    }

    /// A value as JSON, NULL as `null`. Panics where there is no such row or column.
    pub fn json(&self, row: usize, column: usize) -> Value {
        json(self.0.column(column), row)
    }
}

fn json(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Boolean => array.as_boolean().value(row).into(),
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).into(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).into(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).into(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).into(),
        // Through its shortest digits, or 0.1 would become 0.10000000149011612.
        DataType::Float32 => {
            let shortest = text(array, row);
            number(shortest.parse().unwrap_or(f64::NAN), shortest)
        }
        DataType::Float64 => {
            number(array.as_primitive::<Float64Type>().value(row), text(array, row))
        }
        DataType::List(_) => {
            let elements = array.as_list::<i32>().value(row);
            (0..elements.len()).map(|element| json(&elements, element)).collect()
        }
        _ => text(array, row).into(),
    }
}

fn number(value: f64, text: String) -> Value {
    serde_json::Number::from_f64(value).map_or(Value::String(text), Value::Number)
}

fn text(array: &ArrayRef, row: usize) -> String {
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Float32 => float(array.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Binary => {
            array.as_binary::<i32>().value(row).iter().fold("\\x".to_owned(), |mut hex, byte| {
                // Writing to a string cannot fail.
                let _ = write!(hex, "{byte:02x}");
                hex
            })
        }
        // An instant is kept in UTC whatever its zone is called, and Arrow knows no names of zones here.
        DataType::Timestamp(_, Some(_)) => {
            format!("{}Z", shown(without_zone(array, row).as_ref(), 0))
        }
        DataType::List(_) => json(array, row).to_string(),
        _ => shown(array.as_ref(), row),
    }
}

/// One instant as the wall clock of UTC.
fn without_zone(array: &ArrayRef, row: usize) -> ArrayRef {
    let one = array.slice(row, 1);
    if let Some(micros) = one.as_primitive_opt::<TimestampMicrosecondType>() {
        return std::sync::Arc::new(micros.clone().with_timezone_opt(None::<&str>));
    }
    match one.as_primitive_opt::<TimestampMillisecondType>() {
        Some(millis) => std::sync::Arc::new(millis.clone().with_timezone_opt(None::<&str>)),
        None => one,
    }
}

fn float<F: std::fmt::Display + Into<f64> + Copy>(value: F) -> String {
    let wide: f64 = value.into();
    if wide.is_infinite() {
        return if wide > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    value.to_string()
}

fn shown(array: &dyn Array, row: usize) -> String {
    let options = FormatOptions::new();
    match ArrayFormatter::try_new(array, &options) {
        Ok(formatter) => formatter.value(row).to_string(),
        Err(_) => format!("({})", array.data_type()),
    }
}
