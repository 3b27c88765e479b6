//! Arrow's values and PostgreSQL's texts, brought to one form.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, TimestampMicrosecondType};
use arrow::util::display::array_value_to_string;

/// A value as text; `None` for NULL.
pub(crate) type Text = Option<String>;

/// Each value of a column. Numbers and instants in their shortest form.
pub(crate) fn told(column: &dyn Array) -> Vec<Text> {
    let text = |row| match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
        // A domain over an array; its elements need no quotes here.
        DataType::List(_) => {
            let elements = told(&column.as_list::<i32>().value(row)).into_iter();
            let elements = elements.map(|element| element.unwrap_or("NULL".to_owned()));
            format!("{{{}}}", elements.collect::<Vec<_>>().join(","))
        }
        // Printed in UTC; a zone by its name would need the names' data.
        DataType::Timestamp(_, Some(_)) => {
            let utc = column.as_primitive::<TimestampMicrosecondType>().clone();
            let utc = utc.with_timezone_opt(None::<&str>);
            shortest(utc.data_type(), &array_value_to_string(&utc, row).unwrap())
        }
        data_type => shortest(data_type, &array_value_to_string(column, row).unwrap()),
    };
    (0..column.len()).map(|row| column.is_valid(row).then(|| text(row))).collect()
}

/// What PostgreSQL printed of the same values, for a column of that type.
pub(crate) fn expected(data_type: &DataType, printed: &[Text]) -> Vec<Text> {
    let text = |text: &String| match data_type {
        DataType::Boolean => (text == "t").to_string(),
        DataType::Binary => text.trim_start_matches("\\x").to_owned(),
        _ => shortest(data_type, text),
    };
    printed.iter().map(|value| value.as_ref().map(text)).collect()
}

fn shortest(data_type: &DataType, text: &str) -> String {
    let without_zeros = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    match data_type {
        DataType::Float32 => text.parse::<f32>().unwrap().to_string(),
        DataType::Float64 => text.parse::<f64>().unwrap().to_string(),
        DataType::Decimal128(..) => without_zeros(text),
        DataType::Timestamp(..) => {
            without_zeros(&text.replace('T', " ").replace('Z', "").replace("+00", ""))
        }
        _ => text.to_owned(),
    }
}
