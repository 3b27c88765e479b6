//! Values, type by type.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::cells::{date, timestamp};
use crate::column::{Described, schema};

/// Decodes an answer of columns of those types.
fn answer(type_names: &[&str], asked: u64, json: String) -> Result<Decoded, Error> {
    let metadata = type_names.iter().map(|name| {
        let metadata = json!({ "label": "c", "typeName": name });
        Described::new(&serde_json::from_value(metadata).unwrap(), false).column
    });
    let columns: Vec<Column> = metadata.collect();
    decode(&columns, &schema(&columns), &Page { body: json.into(), asked })
}

/// Decodes one cell of a column of that type.
fn cell(type_name: &str, field: Value) -> Result<Decoded, Error> {
    let json = json!({ "numberOfRecordsUpdated": 0, "records": [[field]], "columnMetadata": [{}] });
    answer(&[type_name], 1, json.to_string())
}

fn text(value: &str) -> Value {
    json!({ "stringValue": value })
}

fn long(value: i64) -> Value {
    json!({ "longValue": value })
}

fn double(value: impl Into<Value>) -> Value {
    json!({ "doubleValue": value.into() })
}

fn array(kind: &str, values: &Value) -> Value {
    json!({ "arrayValue": { kind: values } })
}

#[test]
fn every_type_decodes_its_values() {
    let check = |type_name, field, expected: &str| {
        let batch = cell(type_name, field).unwrap().batch;
        let options = FormatOptions::new().with_null("NULL");
        // Only offsets have a zone without the time zone database.
        let array = match batch.column(0).as_primitive_opt::<TimestampMicrosecondType>() {
            Some(instants) => {
                Arc::new(instants.clone().with_timezone_opt(instants.timezone().map(|_| "+00:00")))
            }
            None => Arc::clone(batch.column(0)),
        };
        let shown = ArrayFormatter::try_new(&array, &options).unwrap().value(0).to_string();
        assert_eq!(shown, expected, "{type_name}");
    };
    check("bool", json!({ "booleanValue": true }), "true");
    check("int2", long(-32_768), "-32768");
    check("int4", long(2_147_483_647), "2147483647");
    check("int8", long(i64::MIN), "-9223372036854775808");
    check("oid", long(4_294_967_295), "4294967295");
    check("float4", double(0.1), "0.1");
    check("float8", double(f64::MAX), "1.7976931348623157e308");
    check("float8", double(1), "1.0");
    check("float8", double(0.1 + 0.2), "0.30000000000000004");
    check("float8", double("NaN"), "NaN");
    check("float8", double("-Infinity"), "-inf");
    check("numeric", text("3.2500000000000000"), "3.250000000000000000");
    check("text", text("naïve 学生\n"), "naïve 学生\n");
    check("mood", text("happy"), "happy");
    check("date", text("2026-11-22"), "2026-11-22");
    check("date", text("0001-01-01"), "0001-01-01");
    check("date", text("9999-12-31"), "9999-12-31");
    check("timestamp", text("2026-11-22 06:00:00.123456"), "2026-11-22T06:00:00.123456");
    check("timestamp", text("0001-01-01 00:00:00"), "0001-01-01T00:00:00");
    check("timestamp", text("9999-12-31 23:59:59.999999"), "9999-12-31T23:59:59.999999");
    check("timestamptz", text("2026-11-22 06:00:00"), "2026-11-22T06:00:00Z");
    check("timestamptz", text("2026-11-22 06:00:00.5+05:30"), "2026-11-22T00:30:00.500Z");
    check("timestamptz", text("1969-12-31 23:59:59.999999+00"), "1969-12-31T23:59:59.999999Z");
    check("bytea", json!({ "blobValue": "AP8=" }), "00ff");
    check("_int4", array("longValues", &json!([1, null])), "[1, NULL]");
    check("_text", array("stringValues", &json!(["a", null, "\n"])), "[a, NULL, \n]");
    check("_float8", array("doubleValues", &json!([0.5, "Infinity", 2])), "[0.5, inf, 2.0]");
    check("_bool", array("booleanValues", &json!([])), "[]");
    let types = [
        "bool",
        "int2",
        "int4",
        "int8",
        "float4",
        "float8",
        "numeric",
        "text",
        "date",
        "timestamp",
    ];
    for type_name in
        types.into_iter().chain(["timestamptz", "bytea", "_int4", "_text", "_bool", "_float8"])
    {
        check(type_name, json!({ "isNull": true }), "NULL");
    }
}

#[test]
fn what_no_arrow_value_means_is_an_error_without_the_value() {
    let check = |type_name: &str, field: Value, expected| {
        let error = cell(type_name, field.clone()).unwrap_err();
        assert_eq!(error.kind(), expected, "{type_name}");
        assert!(error.to_string().contains("column `c`"), "{error}");
        if let Some(value) = field["stringValue"].as_str() {
            assert!(!error.to_string().contains(value), "{error}");
        }
    };
    use ErrorKind::{UnsupportedType, ValueOutOfRange};
    check("numeric", text("NaN"), ValueOutOfRange);
    check("numeric", text("Infinity"), ValueOutOfRange);
    check("numeric", text("100000000000000000000"), ValueOutOfRange);
    check("int2", long(40_000), ValueOutOfRange);
    check("date", text("infinity"), ValueOutOfRange);
    check("date", text("10000-01-01"), ValueOutOfRange);
    check("date", text("0044-03-15 BC"), ValueOutOfRange);
    check("timestamp", text("-infinity"), ValueOutOfRange);
    check("timestamp", text("0044-03-15 12:00:00 BC"), ValueOutOfRange);
    check("timestamptz", text("10000-01-01 00:00:00"), ValueOutOfRange);
    check("numeric", double(0.1), UnsupportedType);
    check("text", long(1), UnsupportedType);
    check("int4", text("1"), UnsupportedType);
    check("bool", json!({ "isNull": false }), UnsupportedType);
    check("_int4", text("{1}"), UnsupportedType);
    check("_int4", array("arrayValues", &json!([{ "longValues": [1] }])), UnsupportedType);
    check("_int4", array("stringValues", &json!(["1"])), UnsupportedType);
    check("bytea", json!({ "blobValue": "%" }), UnsupportedType);
    check("text", json!({ "stringValue": null }), UnsupportedType);
    check("text", json!({ "textValue": "zebra" }), UnsupportedType);
    check("text", json!({ "stringValue": "zebra", "isNull": true }), UnsupportedType);
    check("text", json!({}), UnsupportedType);
}

#[test]
fn what_is_left_out_or_too_much_is_no_page() {
    let check = |json: &str, expected: &str| {
        let error = answer(&["int4", "int4"], 1, json.to_owned()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{json}");
        assert!(error.to_string().contains(expected), "{json}: {error}");
    };
    let (one, two) = (r#"{"longValue":1}"#, r#""columnMetadata":[{},{}]"#);
    check("", "cannot be read");
    check("{}", "without records");
    check(&format!("{{{two}}}"), "without records");
    check(&format!(r#"{{"records":[[{one},{one}]]}}"#), "without column metadata");
    check(&format!(r#"{{"records":[[{one},{one}]],"columnMetadata":[{{}}]}}"#), "without column");
    check(&format!(r#"{{"records":[[{one}]],{two}}}"#), "fields are not the columns");
    check(&format!(r#"{{"records":[[{one},{one},{one}]],{two}}}"#), "fields are not the columns");
    check(&format!(r#"{{"records":[[{one},{one}],[{one},{one}]],{two}}}"#), "more rows");
    check(&format!(r#"{{"records":[],"records":[[{one},{one}]],{two}}}"#), "cannot be read");
    let whole = format!(r#"{{"records":[[{one},{one}]],{two}}}"#);
    for end in 0..whole.len() {
        check(&whole[..end], "cannot be read");
    }
    assert!(answer(&["int4", "int4"], 1, whole).is_ok());
}

#[test]
fn roundings_are_counted() {
    let check = |digits, expected| {
        assert_eq!(cell("numeric", text(digits)).unwrap().rounded_values, expected, "{digits}");
    };
    check("0.3333333333333333333", 1);
    check("0.333333333333333333", 0);
    check("0.33333333333333333300", 0);
}

proptest! {
    #[test]
    fn dates_and_timestamps_agree_with_a_calendar(micros in -62_135_596_800_000_000_i64..253_402_300_800_000_000) {
        let civil = jiff::Timestamp::from_microsecond(micros).unwrap().to_zoned(jiff::tz::TimeZone::UTC).datetime();
        let printed = civil.strftime("%Y-%m-%d %H:%M:%S%.f").to_string();
        prop_assert_eq!(timestamp(&printed).ok(), Some(micros));
        let days = i32::try_from(micros.div_euclid(86_400_000_000)).unwrap();
        prop_assert_eq!(date(&printed[..10]).ok(), Some(days));
    }

    #[test]
    fn cells_are_the_same_however_they_are_written(string in any::<String>(), number in any::<i64>(), flag in any::<bool>()) {
        let record = json!([text(&string), long(number), { "booleanValue": flag }, { "isNull": true }, double(0.5)]);
        let body = json!({ "columnMetadata": [{}, {}, {}, {}, {}], "records": [record], "more": { "a": [1, "]"] } });
        let types = ["text", "int8", "bool", "text", "float8"];
        let dense = answer(&types, 1, body.to_string()).unwrap().batch;
        prop_assert_eq!(dense.column(0).as_string::<i32>().value(0), &string);
        prop_assert_eq!(dense.column(1).as_primitive::<Int64Type>().value(0), number);
        prop_assert_eq!(dense.column(2).as_boolean().value(0), flag);
        prop_assert!(dense.column(3).is_null(0));
        let airy = answer(&types, 1, serde_json::to_string_pretty(&body).unwrap()).unwrap().batch;
        prop_assert_eq!(airy, dense);
    }

    #[test]
    fn what_is_no_json_is_no_page(place in any::<prop::sample::Index>(), byte in 0_u8..128, removed in 0_usize..3) {
        let record = json!([text("a \"b\" \n"), long(-120), { "booleanValue": true }, { "isNull": true }]);
        let body = json!({ "columnMetadata": [{}, {}, {}, {}], "records": [record] }).to_string();
        let place = place.index(body.len() - removed);
        let hurt = format!("{}{}{}", &body[..place], char::from(byte), &body[place + removed..]);
        let is_json = serde_json::from_str::<Value>(&hurt).is_ok();
        prop_assert!(is_json || answer(&["text", "int8", "bool", "text"], 1, hurt).is_err());
    }

    #[test]
    fn any_text_is_read_or_refused(value in "\\PC*") {
        for type_name in ["numeric", "date", "timestamp", "timestamptz", "text"] {
            let _ = cell(type_name, text(&value));
        }
    }
}
