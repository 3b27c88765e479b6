//! The types that the service cannot return, through the stand-in of the service on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod service;

use arrow::array::AsArray;
use data_api::Limits;
use service::api;

#[tokio::test]
async fn what_the_service_cannot_return_comes_as_postgresql_prints_it() {
    let (api, _postgres) = api().await;
    for expression in [
        "interval '1 year -2 days 03:04:05.678901'",
        "'06:00:00.5+05:30'::timetz",
        "'12.34'::money",
        "'<a>1</a>'::xml",
        "B'1010'",
        "B'1010'::varbit",
        "'08:00:2b:01:02:03'::macaddr",
        "'(1,2)'::point",
        "'((0,0),(1,1))'::polygon",
        "'<(0,0),1>'::circle",
        "to_tsvector('english', 'a fat cat')",
        "to_tsquery('english', 'fat & cat')",
        "'[1,5)'::int4range",
        "'{[1,5),[7,9)}'::int8multirange",
        "tstzrange('2026-11-22Z', NULL)",
        "'pg_class'::regclass",
        "'0/16B3748'::pg_lsn",
    ] {
        let sql = format!("SELECT v, v::text AS t FROM (SELECT {expression} AS v) s");
        let rows = api.collect(&sql, &Limits::default()).await;
        let rows = rows.unwrap_or_else(|error| panic!("{expression}: {error}"));
        let text = |column| rows.batches[0].column(column).as_string::<i32>().value(0).to_owned();
        assert_eq!(text(0), text(1), "{expression}");
    }
}

#[tokio::test]
async fn the_cast_keeps_the_order_and_the_names() {
    let (api, _postgres) = api().await;
    let sql = "SELECT n AS \"N\"\"o\", interval '1 hour' * n AS \"N\"\"o\" FROM generate_series(1, 3000) n \
               ORDER BY n % 7, n DESC -- the end;";
    let rows = api.collect(sql, &Limits::default()).await.unwrap();
    let names: Vec<&str> = rows.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["N\"o", "N\"o"]);
    let found: Vec<i32> = rows
        .batches
        .iter()
        .flat_map(|batch| {
            batch.column(0).as_primitive::<arrow::datatypes::Int32Type>().values().to_vec()
        })
        .collect();
    let mut expected: Vec<i32> = (1..=3000).collect();
    expected.sort_by_key(|n| (n % 7, -n));
    assert_eq!(found, expected);
}

/// `inet::text` would add the mask, and `char(4)::text` would lose its spaces.
#[tokio::test]
async fn what_the_service_can_return_is_as_it_is_without_the_cast() {
    let (api, _postgres) = api().await;
    let values =
        "'10.0.0.1'::inet, 'ab'::char(4), '10.0.0.0/8'::cidr, '06:00'::time, '{\"a\":1}'::json";
    let alone = api.collect(&format!("SELECT {values}"), &Limits::default()).await.unwrap();
    let beside = format!("SELECT {values}, interval '1 day'");
    let beside = api.collect(&beside, &Limits::default()).await.unwrap();
    for column in 0..alone.columns.len() {
        let text = |rows: &data_api::Rows| {
            rows.batches[0].column(column).as_string::<i32>().value(0).to_owned()
        };
        assert_eq!(text(&beside), text(&alone), "{}", alone.columns[column].postgres_type);
    }
}

/// No type tells of dimensions, so that a page in the middle may be the first to hold two.
#[tokio::test]
async fn arrays_of_several_dimensions_come_as_text_with_all_others() {
    let (api, _postgres) = api().await;
    for (expression, expected) in [
        ("ARRAY[[1, 2], [3, NULL]]", "{{1,2},{3,NULL}}"),
        ("ARRAY[['a b', '{'], ['\"', '']]", r#"{{"a b","{"},{"\"",""}}"#),
        ("CASE n WHEN 2900 THEN ARRAY[[1]] ELSE ARRAY[1] END", "{1}"),
        ("CASE n WHEN 2900 THEN ARRAY[[interval '1 day']] END", ""),
    ] {
        let sql = format!("SELECT n, {expression} AS v FROM generate_series(1, 3000) n ORDER BY n");
        let rows = api.collect(&sql, &Limits::default()).await;
        let rows = rows.unwrap_or_else(|error| panic!("{expression}: {error}"));
        assert_eq!(rows.batches[0].column(1).as_string::<i32>().value(0), expected);
        let row_count: usize = rows.batches.iter().map(|batch| batch.num_rows()).sum();
        assert_eq!(row_count, 3000, "{expression}");
    }
}

#[tokio::test]
async fn arrays_of_what_is_refused_are_lists_of_texts() {
    let (api, _postgres) = api().await;
    for expression in [
        "ARRAY[interval '1 day', NULL]",
        r"ARRAY['\x00ff'::bytea]",
        "ARRAY['[1,5)'::int4range]",
        "(SELECT relacl FROM pg_class WHERE relname = 'pg_class')",
        "ARRAY[ROW(1, 'a b'), ROW(2, NULL)]",
    ] {
        let sql = format!(
            "SELECT v, array_to_string(v, '|', '-') AS t FROM (SELECT {expression} AS v) s"
        );
        let rows = api.collect(&sql, &Limits::default()).await;
        let rows = rows.unwrap_or_else(|error| panic!("{expression}: {error}"));
        let batch = &rows.batches[0];
        let list = batch.column(0).as_list::<i32>().value(0);
        let elements = list.as_string::<i32>().iter().map(|element| element.unwrap_or("-"));
        let expected = batch.column(1).as_string::<i32>().value(0);
        assert_eq!(elements.collect::<Vec<_>>().join("|"), expected, "{expression}");
    }
}
