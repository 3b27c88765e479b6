//! What comes back: values, metadata, and parameters on their way in.

use aws_sdk_rdsdata::{
    operation::execute_statement::ExecuteStatementOutput,
    primitives::Blob,
    types::{ArrayValue, Field, RecordsFormatType, SqlParameter, TypeHint},
};
use local::rds_data::Limits;

use crate::api::{ADMIN, Api, READ_ONLY, field, named, refusal, refused, string};

#[tokio::test]
async fn values_come_as_the_service_gives_them() {
    let api = Api::new("values", Limits::default()).await;
    for (expression, expected) in [
        ("NULL::int", Field::IsNull(true)),
        ("true", Field::BooleanValue(true)),
        ("7::smallint", Field::LongValue(7)),
        ("(-9223372036854775808)::int8", Field::LongValue(i64::MIN)),
        ("0.1::float8", Field::DoubleValue(0.1)),
        ("'NaN'::float8 = 'NaN'", Field::BooleanValue(true)),
        ("'-Infinity'::float8", Field::DoubleValue(f64::NEG_INFINITY)),
        ("1234567890.10::numeric(30,2)", string("1234567890.10")),
        ("'\\x00ff'::bytea", Field::BlobValue(Blob::new([0, 255]))),
        ("'ab'::char(4)", string("ab  ")),
        ("date '2026-11-22'", string("2026-11-22")),
        ("time '06:00'", string("06:00:00")),
        ("timestamp '2026-11-22 06:00:00.5'", string("2026-11-22 06:00:00.500")),
        ("timestamptz '2026-11-22 06:00+01'", string("2026-11-22 05:00:00")),
        ("timestamptz '2026-11-22 06:00:00.123456Z'", string("2026-11-22 06:00:00.123456")),
        ("'{\"a\": 1}'::jsonb", string("{\"a\": 1}")),
        ("'large'::shop.size", string("large")),
        ("ARRAY[1, NULL, 3]", {
            Field::ArrayValue(ArrayValue::LongValues(vec![Some(1), None, Some(3)]))
        }),
        ("ARRAY['a,b', 'c\"d']", {
            Field::ArrayValue(ArrayValue::StringValues(vec![
                Some("a,b".into()),
                Some("c\"d".into()),
            ]))
        }),
        ("pg_typeof(1)::text", string("integer")),
    ] {
        assert_eq!(api.value(&format!("SELECT {expression}")).await, expected, "{expression}");
    }

    let unsupported = "UnsupportedResultException";
    for (expression, code, message) in [
        (
            "interval '1 day'",
            unsupported,
            "The result contains the unsupported data type INTERVAL.",
        ),
        ("'(1,2)'::point", unsupported, "The result contains the unsupported data type POINT."),
        ("1::money", unsupported, "The result contains the unsupported data type MONEY."),
        ("ARRAY[[1],[2]]", unsupported, "The result contains a multidimensional array"),
        ("timestamp 'infinity'", "InternalFailure", ""),
    ] {
        let call = api.statement(&format!("SELECT {expression}"));
        assert_eq!(refused(call).await, refusal(code, message), "{expression}");
    }
    let none = api.statement("SELECT interval '1 day' WHERE false").send().await.unwrap();
    assert!(none.records().is_empty());
}

#[tokio::test]
async fn metadata_tells_types_and_origins() {
    let api = Api::new("metadata", Limits::default()).await;
    let sql = "SELECT item_id, name AS label, price, added, price * 2 AS twice FROM shop.items";
    let check = |output: &ExecuteStatementOutput| {
        let found: Vec<_> = output
            .column_metadata()
            .iter()
            .map(|column| {
                (
                    column.name().unwrap(),
                    column.type_name().unwrap(),
                    column.r#type(),
                    column.nullable(),
                    (column.precision(), column.scale()),
                    column.table_name().unwrap(),
                )
            })
            .collect();
        let expected = [
            ("item_id", "serial", 4, 0, (10, 0), "items"),
            ("label", "varchar", 12, 0, (20, 0), "items"),
            ("price", "numeric", 2, 1, (10, 2), "items"),
            ("added", "timestamptz", 93, 1, (35, 6), "items"),
            ("twice", "numeric", 2, 2, (0, 0), ""),
        ];
        assert_eq!(found, expected);
    };
    check(&api.statement(sql).include_result_metadata(true).send().await.unwrap());
    let bare = api.statement(sql).send().await.unwrap();
    assert!(bare.column_metadata.is_none());

    let id = api.begin(READ_ONLY).await;
    let declare = api.statement(&format!("DECLARE c NO SCROLL CURSOR FOR {sql}"));
    let declared = declare.transaction_id(&id).send().await.unwrap();
    assert!(declared.records.is_none());
    let fetch = api.statement("FETCH FORWARD 1 FROM c").include_result_metadata(true);
    let page = fetch.transaction_id(&id).send().await.unwrap();
    check(&page);
    assert_eq!(page.records().len(), 1);
    assert_eq!(page.number_of_records_updated, 0);
}

/// What a `FETCH` was told of its columns is not told of others.
#[tokio::test]
async fn metadata_follows_the_table() {
    let api = Api::new("altered", Limits::default()).await;
    let id = api.begin(ADMIN).await;
    for (not_null, nullable) in [("DROP", 1), ("SET", 0), ("DROP", 1)] {
        for sql in [
            format!("ALTER TABLE shop.items ALTER name {not_null} NOT NULL"),
            "DECLARE c CURSOR FOR SELECT name FROM shop.items".to_owned(),
        ] {
            api.statement(&sql).secret_arn(ADMIN).transaction_id(&id).send().await.unwrap();
        }
        for _ in 0..2 {
            let fetch = api.statement("FETCH FORWARD 1 FROM c").secret_arn(ADMIN);
            let fetch = fetch.transaction_id(&id).include_result_metadata(true);
            let page = fetch.send().await.unwrap();
            assert_eq!(page.column_metadata()[0].nullable, nullable, "{not_null}");
        }
        let close = api.statement("CLOSE c").secret_arn(ADMIN).transaction_id(&id);
        close.send().await.unwrap();
    }
}

#[tokio::test]
async fn records_can_come_as_one_json_text() {
    let api = Api::new("formatted", Limits::default()).await;
    let call = api
        .statement("SELECT name, item_id, price, ARRAY[1] AS list FROM shop.items ORDER BY item_id")
        .format_records_as(RecordsFormatType::Json)
        .include_result_metadata(true);
    let output = call.send().await.unwrap();
    assert_eq!(
        output.formatted_records(),
        Some(
            r#"[{"name":"one","item_id":1,"price":"1.50","list":[1]},{"name":"two","item_id":2,"price":null,"list":[1]}]"#
        )
    );
    assert!(output.column_metadata.is_none());
    assert!(output.records.is_none());
}

#[tokio::test]
async fn parameters_have_the_types_of_their_values() {
    let api = Api::new("parameters", Limits::default()).await;
    let hinted = |value: &str, hint| {
        SqlParameter::builder().name("v").value(string(value)).type_hint(hint).build()
    };
    for (expression, parameter, expected) in [
        ("pg_typeof(:v)::text", named("v", string("x")), string("character varying")),
        ("pg_typeof(:v)::text", named("v", Field::LongValue(1)), string("bigint")),
        ("pg_typeof(:v)::text", named("v", Field::DoubleValue(1.5)), string("double precision")),
        ("pg_typeof(:v)::text", named("v", Field::BooleanValue(true)), string("boolean")),
        ("pg_typeof(:v)::text", hinted("2026-11-22", TypeHint::Date), string("date")),
        ("pg_typeof(:v)::text", hinted("1.0", TypeHint::Decimal), string("numeric")),
        (
            ":v",
            named("v", Field::BlobValue(Blob::new([1, 2]))),
            Field::BlobValue(Blob::new([1, 2])),
        ),
        (":v::int + 1", named("v", Field::IsNull(true)), Field::IsNull(true)),
        (":v || ':v'", named("v", string("it's \\ \"x\"; --")), string("it's \\ \"x\"; --:v")),
        ("count(*) FROM generate_series(1, 9) LIMIT :v", named("v", Field::LongValue(1)), {
            Field::LongValue(9)
        }),
    ] {
        let call = api.statement(&format!("SELECT {expression}"));
        let output = call.parameters(parameter).send().await.unwrap();
        assert_eq!(field(output), expected, "{expression}");
    }

    let list = Field::ArrayValue(ArrayValue::LongValues(vec![Some(1)]));
    for (sql, parameter, expected) in [
        ("SELECT :w", named("v", string("x")), {
            refusal("BadRequestException", "Cannot find parameter: w")
        }),
        ("SELECT :v", named("v", list), {
            refusal("BadRequestException", "Array parameters are not supported.")
        }),
        ("SELECT gen_random_uuid() = :v", named("v", string("x")), {
            refusal(
                "DatabaseErrorException",
                "ERROR: operator does not exist: uuid = character varying; Hint: No operator \
                 matches the given name and argument types. You might need to add explicit type \
                 casts.; Position: 26; SQLState: 42883",
            )
        }),
        ("SELECT :v", hinted("x", TypeHint::Uuid), {
            refusal(
                "DatabaseErrorException",
                "ERROR: invalid input syntax for type uuid: \"x\"; SQLState: 22P02",
            )
        }),
    ] {
        assert_eq!(refused(api.statement(sql).parameters(parameter)).await, expected, "{sql}");
    }
}
