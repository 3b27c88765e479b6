//! Reports written and read back: every type, no rows, and the same bytes for the same rows.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array,
    Int16Array, Int32Array, Int64Array, Int64Builder, ListBuilder, RecordBatch, StringArray,
    StringBuilder, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::file::metadata::ParquetMetaDataReader;
use parquet_report::{Cells, Error, ReportReader, ReportWriter, Summary, write_csv};
use proptest::prelude::*;
use serde_json::{Value, json};

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let field =
        |(name, array): &(&str, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, array)| array).collect())
        .unwrap()
}

fn metadata() -> [(String, String); 2] {
    [("quaestor.sql", "SELECT 1"), ("quaestor.as_of", "2026-11-22T06:00:00Z")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
}

fn write(schema: &Schema, batches: &[RecordBatch]) -> (Bytes, Summary) {
    let mut writer = ReportWriter::new(Vec::new(), schema, metadata()).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    let (file, summary) = writer.finish().unwrap();
    assert_eq!(file.len() as u64, summary.size_bytes);
    (Bytes::from(file), summary)
}

/// 256 bytes that do not compress, another for each row.
fn noise(row: u64) -> Vec<u8> {
    let word = |n: u64| {
        let mixed = (row * 32 + n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9).swap_bytes()
    };
    (0..32).flat_map(|n| word(n).to_le_bytes()).collect()
}

/// One row of values and one of NULLs, in every type that the Data API's columns have.
fn every_type() -> RecordBatch {
    let mut longs = ListBuilder::new(Int64Builder::new()).with_field(Field::new(
        "element",
        DataType::Int64,
        true,
    ));
    longs.append_value([Some(1), None]);
    longs.append_null();
    let mut texts = ListBuilder::new(StringBuilder::new()).with_field(Field::new(
        "element",
        DataType::Utf8,
        true,
    ));
    texts.append_value([Some("a\"b"), None]);
    texts.append_null();
    let micros = vec![Some(1_795_327_200_123_456), None];
    let decimals = |value: i128, precision, scale| {
        Arc::new(
            Decimal128Array::from(vec![Some(value), None])
                .with_precision_and_scale(precision, scale)
                .unwrap(),
        )
    };
    batch(vec![
        ("boolean", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("smallint", Arc::new(Int16Array::from(vec![Some(i16::MIN), None]))),
        ("int", Arc::new(Int32Array::from(vec![Some(i32::MAX), None]))),
        ("bigint", Arc::new(Int64Array::from(vec![Some(i64::MIN), None]))),
        ("float", Arc::new(Float32Array::from(vec![Some(0.1), None]))),
        ("double", Arc::new(Float64Array::from(vec![Some(f64::INFINITY), None]))),
        ("small", decimals(-1_050, 9, 2)),
        ("middle", decimals(123_456_789_012, 18, 3)),
        ("large", decimals(10_i128.pow(38) - 1, 38, 18)),
        ("date", Arc::new(Date32Array::from(vec![Some(-719_162), None]))),
        ("local", Arc::new(TimestampMicrosecondArray::from(micros.clone()))),
        ("instant", Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("UTC"))),
        ("text", Arc::new(StringArray::from(vec![Some("naïve, \"学生\"\n"), None]))),
        ("bytes", Arc::new(BinaryArray::from(vec![Some(&[0_u8, 255][..]), None]))),
        ("longs", Arc::new(longs.finish())),
        ("texts", Arc::new(texts.finish())),
    ])
}

#[test]
fn every_type_comes_back() {
    let written = every_type();
    let (file, summary) = write(&written.schema(), std::slice::from_ref(&written));
    assert_eq!((summary.row_count, summary.row_group_count), (2, 1));
    let report = ReportReader::new(file).unwrap();
    let types: Vec<_> = report.columns().iter().map(|column| column.athena_type.clone()).collect();
    let expected = [
        "boolean",
        "smallint",
        "int",
        "bigint",
        "float",
        "double",
        "decimal(9,2)",
        "decimal(18,3)",
        "decimal(38,18)",
        "date",
        "timestamp",
        "timestamp",
        "string",
        "binary",
        "array<bigint>",
        "array<string>",
    ];
    assert_eq!(types, expected);
    let read: Vec<_> = report.map(|batch| batch.unwrap()).collect();
    assert_eq!(read.iter().map(RecordBatch::columns).collect::<Vec<_>>(), [written.columns()]);
}

#[test]
fn cells_show_every_type() {
    let batch = every_type();
    let cells = Cells::new(&batch);
    let schema = batch.schema();
    let check = |name: &str, text: &str, json: Value| {
        let column = schema.index_of(name).unwrap();
        assert_eq!(
            (cells.text(0, column).as_deref(), cells.json(0, column)),
            (Some(text), json),
            "{name}"
        );
        assert_eq!((cells.text(1, column), cells.json(1, column)), (None, Value::Null), "{name}");
    };
    check("boolean", "true", json!(true));
    check("smallint", "-32768", json!(-32768));
    check("int", "2147483647", json!(2147483647));
    check("bigint", "-9223372036854775808", json!(i64::MIN));
    check("float", "0.1", json!(0.1));
    check("double", "Infinity", json!("Infinity"));
    check("small", "-10.50", json!("-10.50"));
    check("middle", "123456789.012", json!("123456789.012"));
    check(
        "large",
        "99999999999999999999.999999999999999999",
        json!("99999999999999999999.999999999999999999"),
    );
    check("date", "0001-01-01", json!("0001-01-01"));
    check("local", "2026-11-22T06:00:00.123456", json!("2026-11-22T06:00:00.123456"));
    check("instant", "2026-11-22T06:00:00.123456Z", json!("2026-11-22T06:00:00.123456Z"));
    check("text", "naïve, \"学生\"\n", json!("naïve, \"学生\"\n"));
    check("bytes", "\\x00ff", json!("\\x00ff"));
    check("longs", "[1,null]", json!([1, null]));
    check("texts", "[\"a\\\"b\",null]", json!(["a\"b", null]));
}

#[test]
fn names_and_metadata_are_kept() {
    let ones = || -> ArrayRef { Arc::new(Int32Array::from(vec![1])) };
    let written = batch(vec![("Net Amount", ones()), ("net_amount", ones()), ("", ones())]);
    let report = ReportReader::new(write(&written.schema(), &[written]).0).unwrap();
    let names: Vec<_> =
        report.columns().iter().map(|c| (c.name.as_str(), c.original.as_str())).collect();
    assert_eq!(
        names,
        [("net_amount", "Net Amount"), ("net_amount_2", "net_amount"), ("column_3", "")]
    );
    let in_file: Vec<_> =
        report.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(in_file, ["net_amount", "net_amount_2", "column_3"]);
    let keys: Vec<_> = report.metadata().keys().map(String::as_str).collect();
    assert_eq!(keys, ["quaestor.as_of", "quaestor.original_names", "quaestor.sql"]);
    assert_eq!(report.metadata()["quaestor.sql"], "SELECT 1");
}

#[test]
fn no_rows_are_a_valid_file_with_its_columns() {
    let schema = every_type().schema();
    let (file, summary) = write(&schema, &[]);
    assert_eq!((summary.row_count, summary.row_group_count), (0, 0));
    let report = ReportReader::new(file).unwrap();
    assert_eq!((report.row_count(), report.columns().len()), (0, schema.fields().len()));
    assert_eq!(report.schema().field(8).data_type(), &DataType::Decimal128(38, 18));
    assert_eq!(report.count(), 0);
}

#[test]
fn csv_tells_null_from_nothing() {
    let texts: ArrayRef =
        Arc::new(StringArray::from(vec![Some(""), None, Some("a \"b\",\nc"), Some("plain")]));
    let written = batch(vec![("Text", texts), ("n", Arc::new(Int32Array::from(vec![1, 2, 3, 4])))]);
    let mut csv = Vec::new();
    write_csv(ReportReader::new(write(&written.schema(), &[written]).0).unwrap(), &mut csv)
        .unwrap();
    assert_eq!(
        String::from_utf8(csv).unwrap(),
        "Text,n\n\"\",1\n,2\n\"a \"\"b\"\",\nc\",3\nplain,4\n"
    );
}

#[test]
fn what_athena_cannot_hold_is_refused() {
    let seconds =
        Schema::new(vec![Field::new("at", DataType::Timestamp(TimeUnit::Second, None), true)]);
    let error = ReportWriter::new(Vec::new(), &seconds, []).err().unwrap();
    assert_eq!(
        error.to_string(),
        "column `at` is of type `Timestamp(s)`, which Athena has no type for"
    );

    let mut writer = ReportWriter::new(Vec::new(), &every_type().schema(), []).unwrap();
    let other = batch(vec![("boolean", Arc::new(Int32Array::from(vec![1])) as ArrayRef)]);
    assert!(matches!(writer.write(&other), Err(Error::Batch(_))));
}

#[test]
fn a_file_begins_as_its_first_rows_ask_for() {
    let check = |rows: i64, index: bool| {
        let texts = |modulus: i64| -> ArrayRef {
            Arc::new(
                (0..rows).map(|n| Some(format!("text {}", n % modulus))).collect::<StringArray>(),
            )
        };
        let numbers = |modulus: i64| -> ArrayRef {
            Arc::new((0..rows).map(|n| (n % 9 > 0).then_some(n % modulus)).collect::<Int64Array>())
        };
        let written = batch(vec![
            ("few_texts", texts(7)),
            ("many_texts", texts(rows)),
            ("few_numbers", numbers(50)),
            ("many_numbers", numbers(rows / 2)),
        ]);
        let (file, _) = write(&written.schema(), &[written]);
        let file = ParquetMetaDataReader::new().parse_and_finish(&file).unwrap();
        for (column, dictionary) in
            file.row_group(0).columns().iter().zip([true, false, true, false])
        {
            let name = column.column_descr().name();
            assert_eq!(column.dictionary_page_offset().is_some(), dictionary, "{name} of {rows}");
            assert_eq!(column.column_index_offset().is_some(), index, "{name} of {rows}");
            assert_eq!(column.offset_index_offset().is_some(), index, "{name} of {rows}");
            assert!(column.statistics().is_some());
        }
    };
    check(300, false);
    check(512, false);
    check(513, true);
    check(20_000, true);
}

/// Of as many distinct values as leave no dictionary.
#[test]
fn integers_are_kept_as_their_differences() {
    let rows = || 0_i64..5_000;
    let decimals = |precision| {
        let values = rows().map(|row| i128::from(row * 7919));
        let values = Decimal128Array::from_iter_values(values);
        Arc::new(values.with_precision_and_scale(precision, 2).unwrap())
    };
    let written = batch(vec![
        ("smallint", Arc::new(rows().map(|row| Some(row as i16)).collect::<Int16Array>())),
        ("int", Arc::new(rows().map(|row| Some(row as i32)).collect::<Int32Array>())),
        ("bigint", Arc::new(rows().map(Some).collect::<Int64Array>())),
        ("date", Arc::new(rows().map(|row| Some(row as i32)).collect::<Date32Array>())),
        ("instant", Arc::new(rows().map(Some).collect::<TimestampMicrosecondArray>())),
        ("small", decimals(9)),
        ("middle", decimals(18)),
        ("large", decimals(19)),
        ("double", Arc::new(rows().map(|row| Some(row as f64)).collect::<Float64Array>())),
    ]);
    let (file, _) = write(&written.schema(), &[written]);
    let file = ParquetMetaDataReader::new().parse_and_finish(&file).unwrap();
    let are_deltas = file.row_group(0).columns().iter().map(|column| {
        (
            column.column_descr().name(),
            column.encodings().any(|it| it == Encoding::DELTA_BINARY_PACKED),
        )
    });
    let expected = [
        ("smallint", true),
        ("int", true),
        ("bigint", true),
        ("date", true),
        ("instant", true),
        ("small", true),
        ("middle", true),
        ("large", false),
        ("double", false),
    ];
    assert_eq!(are_deltas.collect::<Vec<_>>(), expected);
}

#[test]
fn a_large_report_has_bounded_row_groups_with_indexes_and_statistics() {
    let part = |from: u64| {
        batch(vec![(
            "noise",
            Arc::new(BinaryArray::from_iter_values((from..from + 1_000).map(noise))),
        )])
    };
    let schema = part(0).schema();
    let mut writer = ReportWriter::new(Vec::new(), &schema, metadata()).unwrap();
    for from in 0..160 {
        writer.write(&part(from * 1_000)).unwrap();
    }
    let (file, summary) = writer.finish().unwrap();
    assert!(summary.row_group_count > 1, "{summary:?}");
    let file = ParquetMetaDataReader::new()
        .with_page_index_policy(parquet::file::metadata::PageIndexPolicy::Required)
        .parse_and_finish(&Bytes::from(file))
        .unwrap();
    for group in file.row_groups() {
        assert!(group.compressed_size() < 40 * 1024 * 1024, "{}", group.compressed_size());
        assert!(group.column(0).statistics().is_some());
        assert!(group.column(0).column_index_offset().is_some());
        assert!(group.column(0).offset_index_offset().is_some());
    }
    assert_eq!(file.file_metadata().created_by(), Some("quaestor"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn equal_rows_make_equal_bytes_however_they_were_cut(
        row_count in prop_oneof![500_usize..530, 0_usize..1_100, 0_usize..16_000],
        cuts in prop::collection::vec(0_usize..16_000, 0..12),
        modulus in 1_i64..5_000,
    ) {
        let numbers = (0..row_count as i64).map(|row| (row % 7 != 0).then_some(row * 31 % modulus));
        let texts = (0..row_count as i64).map(|row| (row % 5 != 0).then(|| format!("text {}", row * 17 % modulus)));
        let mut lists = ListBuilder::new(Int64Builder::new());
        for row in 0..row_count as i64 {
            lists.append_option((row % 3 != 0).then(|| (0..row % 4).map(Some)));
        }
        let whole = batch(vec![
            ("n", Arc::new(numbers.collect::<Int64Array>())),
            ("t", Arc::new(texts.collect::<StringArray>())),
            ("l", Arc::new(lists.finish())),
            // Large enough to fill its dictionary and several pages.
            ("b", Arc::new(BinaryArray::from_iter_values((0..row_count as u64).map(noise)))),
        ]);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(row_count)).collect();
        cuts.extend([0, row_count]);
        cuts.sort_unstable();
        let parts: Vec<_> = cuts.windows(2).map(|cut| whole.slice(cut[0], cut[1] - cut[0])).collect();

        let schema = whole.schema();
        prop_assert!(write(&schema, &[whole]).0 == write(&schema, &parts).0);
    }
}
