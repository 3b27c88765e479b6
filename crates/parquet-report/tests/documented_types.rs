//! The table of types in `docs/types.md`: its columns Parquet and Athena, held to what a report of the column Arrow is.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use bytes::Bytes;
use parquet::basic::{LogicalType, TimeUnit};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;
use parquet_report::ReportWriter;

/// The cells of each row.
fn rows() -> Vec<[&'static str; 5]> {
    let table = include_str!("../../../docs/types.md").lines().filter_map(|line| {
        let cells = line.strip_prefix("| ")?.strip_suffix(" |")?;
        cells.split(" | ").collect::<Vec<_>>().try_into().ok()
    });
    table
        .skip_while(|cells| *cells != ["PostgreSQL", "Data API", "Arrow", "Parquet", "Athena"])
        .skip(1)
        .collect()
}

/// A type by its name in the table.
fn arrow(name: &str) -> DataType {
    match name.strip_prefix("List(").and_then(|rest| rest.strip_suffix(')')) {
        Some(element) => DataType::new_list(arrow(element), true),
        None => name.parse().unwrap(),
    }
}

/// A column's type as the table has it.
fn parquet(column: &ColumnDescriptor) -> String {
    let physical = column.physical_type();
    let logical = match column.logical_type_ref() {
        None => String::new(),
        Some(LogicalType::Integer(it)) => format!("INT({})", it.bit_width),
        Some(LogicalType::Decimal(_)) => "DECIMAL".to_owned(),
        Some(LogicalType::Date) => "DATE".to_owned(),
        Some(LogicalType::String) => "STRING".to_owned(),
        Some(LogicalType::Timestamp(it)) if it.unit == TimeUnit::MICROS => {
            let adjusted = if it.is_adjusted_to_u_t_c { ", adjusted to UTC" } else { "" };
            format!("TIMESTAMP(MICROS){adjusted}")
        }
        other => panic!("{other:?}"),
    };
    match (column.path().parts().len() > 1, logical.as_str()) {
        (true, "") => format!("LIST of {physical}"),
        (true, logical) => format!("LIST of {logical}"),
        (false, "") => physical.to_string(),
        (false, logical) => format!("{physical}, {logical}"),
    }
}

#[test]
fn every_row_says_what_a_report_is() {
    let rows = rows();
    assert!(rows.len() > 20, "the table has {} rows", rows.len());
    for [types, _, name, in_parquet, in_athena] in rows {
        let schema = Schema::new(vec![Arc::new(Field::new("v", arrow(name), true))]);
        let writer = ReportWriter::new(Vec::new(), &schema, []).unwrap();
        let athena = writer.columns()[0].athena_type.replace('<', "&lt;").replace('>', "&gt;");
        let (file, _) = writer.finish().unwrap();
        let reader = SerializedFileReader::new(Bytes::from(file)).unwrap();
        let schema = reader.metadata().file_metadata().schema_descr();
        assert_eq!(
            (parquet(&schema.column(0)).as_str(), athena.as_str()),
            (in_parquet, in_athena),
            "{types}"
        );
    }
}
