//! Whole extractions against a scripted endpoint: the calls in their order, pages, and each way to fail.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod scripted;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Field, Int32Type};
use data_api::{Error, ErrorKind, Limits, Rows};
use scripted::{Answer, Endpoint, Table, rows_of_fetch};
use serde_json::json;

const SQL: &str = "SELECT n FROM t";
const ROLLBACK: &str = "RollbackTransaction";

fn failure(code: &'static str, message: &str) -> Answer {
    Answer::Failure(400, code, message.to_owned())
}

/// An endpoint over the integers up to `rows`, but for the calls that `fault` answers.
async fn integers(
    rows: usize,
    fault: impl Fn(&str) -> Option<Answer> + Send + Sync + 'static,
) -> Endpoint {
    let table = Table::integers(rows);
    Endpoint::start(move |call| fault(call).unwrap_or_else(|| table.answer(call))).await
}

fn small_pages() -> Limits {
    Limits { first_page_rows: 10, max_page_rows: 50, ..Limits::default() }
}

fn values(rows: &Rows) -> Vec<i32> {
    rows.batches
        .iter()
        .flat_map(|batch| batch.column(0).as_primitive::<Int32Type>().values().to_vec())
        .collect()
}

/// Everything fails in one way: what kind, and was the transaction rolled back?
async fn check_failure(endpoint: &Endpoint, limits: &Limits, expected: ErrorKind) -> Error {
    let error = endpoint.api.collect(SQL, limits).await.unwrap_err();
    assert_eq!(error.kind(), expected, "{error}");
    assert_eq!(
        endpoint.count(ROLLBACK),
        endpoint.count("BeginTransaction"),
        "{:?}",
        endpoint.calls()
    );
    error
}

#[tokio::test]
async fn makes_five_calls_a_page_and_a_rollback() {
    let endpoint = integers(3, |_| None).await;
    let rows = endpoint.api.collect(SQL, &Limits::default()).await.unwrap();
    assert_eq!(values(&rows), [0, 1, 2]);
    let mut calls = endpoint.calls();
    assert!(
        calls[2].starts_with("SELECT set_config('statement_timeout', '40000', true), "),
        "{}",
        calls[2]
    );
    calls.remove(2);
    let expected = [
        "BeginTransaction",
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        "DECLARE quaestor NO SCROLL CURSOR FOR SELECT n FROM t",
        "FETCH FORWARD 128 FROM quaestor",
        ROLLBACK,
    ];
    assert_eq!(calls, expected);
}

#[tokio::test]
async fn reads_every_page_once_and_one_at_a_time() {
    let endpoint = integers(1_000, |_| None).await;
    let rows = endpoint.api.collect(SQL, &small_pages()).await.unwrap();
    assert_eq!(values(&rows), (0..1_000).collect::<Vec<_>>());
    assert!(!rows.is_truncated);
    assert_eq!(endpoint.most_at_once(), 1);
    assert_eq!(endpoint.count("FETCH FORWARD 10 "), 1);
    // 990 rows; one more may be on its way when the last page turns out to be short.
    assert!((20..=21).contains(&endpoint.count("FETCH FORWARD 50 ")), "{:?}", endpoint.calls());
    assert_eq!(endpoint.count(ROLLBACK), 1);
}

#[tokio::test]
async fn long_pages_come_over_one_connection() {
    let table = Table::integers(30);
    let endpoint = Endpoint::start(move |call| match table.answer(call) {
        // More than hyper reads at once.
        Answer::Json(body) => Answer::Raw(format!("{body}{}", " ".repeat(1024 * 1024))),
        other => other,
    })
    .await;
    let rows = endpoint.api.collect(SQL, &small_pages()).await.unwrap();
    assert_eq!(values(&rows), (0..30).collect::<Vec<_>>());
    assert!(endpoint.count("FETCH") > 3, "{:?}", endpoint.calls());
    assert_eq!(endpoint.connections(), 1);
}

#[tokio::test]
async fn fetches_two_pages_while_the_caller_works() {
    let endpoint = integers(1_000, |_| None).await;
    let mut cursor = endpoint.api.open(SQL, &small_pages()).await.unwrap();
    assert_eq!(endpoint.count("FETCH"), 1);
    for pages in 1..=5 {
        cursor.next_batch().await.unwrap().unwrap();
        while endpoint.count("FETCH") < pages + 2 {
            tokio::task::yield_now().await;
        }
    }
    cursor.close().await;
    assert_eq!((endpoint.count("FETCH"), endpoint.count(ROLLBACK)), (7, 1));
}

#[tokio::test]
async fn max_rows_cuts_and_says_so() {
    for (max_rows, expected, truncated) in
        [(0, 0, true), (5, 5, true), (99, 99, true), (100, 100, false), (101, 100, false)]
    {
        let endpoint = integers(100, |_| None).await;
        let limits = Limits { max_rows: Some(max_rows), ..small_pages() };
        let rows = endpoint.api.collect(SQL, &limits).await.unwrap();
        assert_eq!((values(&rows).len(), rows.is_truncated), (expected, truncated), "{max_rows}");
        let asked: usize = endpoint.calls().iter().filter_map(|call| rows_of_fetch(call)).sum();
        assert!(asked as u64 <= max_rows + 1, "{asked} for {max_rows}");
        assert_eq!(endpoint.count(ROLLBACK), 1);
    }
}

#[tokio::test]
async fn no_rows_have_a_schema() {
    let endpoint = integers(0, |_| None).await;
    let mut cursor = endpoint.api.open(SQL, &Limits::default()).await.unwrap();
    assert_eq!(cursor.schema().field(0).data_type(), &DataType::Int32);
    assert_eq!(
        (cursor.columns()[0].name.as_str(), cursor.columns()[0].postgres_type.as_str()),
        ("n", "int4")
    );
    assert_eq!(cursor.next_batch().await.unwrap(), None);
    assert_eq!(cursor.next_batch().await.unwrap(), None);
    cursor.close().await;
    assert_eq!(endpoint.count(ROLLBACK), 1);
}

#[tokio::test]
async fn an_overflow_begins_anew_with_smaller_pages() {
    let too_many = |call: &str| {
        let limit = "Database returned more than the allowed response size limit";
        (rows_of_fetch(call)? > 20).then(|| failure("BadRequestException", limit))
    };
    let endpoint = integers(1_000, too_many).await;
    let rows = endpoint.api.collect(SQL, &small_pages()).await.unwrap();
    assert_eq!(values(&rows), (0..1_000).collect::<Vec<_>>());
    assert_eq!((endpoint.count("BeginTransaction"), endpoint.count(ROLLBACK)), (2, 2));
    assert_eq!(endpoint.count("FETCH FORWARD 50 "), 1);
    assert!((83..=84).contains(&endpoint.count("FETCH FORWARD 12 ")), "{:?}", endpoint.calls());
}

#[tokio::test]
async fn a_row_that_never_fits_ends() {
    let always = |call: &str| {
        rows_of_fetch(call).map(|_| {
            failure("UnsupportedResultException", "The result exceeds the size limit 1 MB.")
        })
    };
    let endpoint = integers(1_000, always).await;
    check_failure(&endpoint, &small_pages(), ErrorKind::RowTooLarge).await;
    // Pages of ten rows, of two, of one; and one more to ask for the longest column.
    assert_eq!(endpoint.count("BeginTransaction"), 3 + 1);
}

#[tokio::test]
async fn a_mistake_in_the_sql_tells_its_place_in_the_callers_text() {
    let text = "ERROR: relation \"t\" does not exist; Position: 53; SQLState: 42P01";
    let endpoint = integers(3, |call| {
        call.starts_with("DECLARE").then(|| failure("DatabaseErrorException", text))
    })
    .await;
    let error = check_failure(&endpoint, &Limits::default(), ErrorKind::UnknownRelation).await;
    let sql = error.sql().unwrap();
    assert_eq!((sql.sqlstate.as_deref(), sql.position), (Some("42P01"), Some(15)));
    assert_eq!(&SQL[14..], "t");
}

#[tokio::test]
async fn what_is_no_page_is_not_taken_for_an_empty_one() {
    for body in [
        "",
        "{}",
        "{\"records\": [], \"columnMeta",
        "{\"records\": [[{\"longValue\": 1}], [{\"longVal",
    ] {
        let raw = move |call: &str| rows_of_fetch(call).map(|_| Answer::Raw(body.to_owned()));
        let endpoint = integers(3, raw).await;
        check_failure(&endpoint, &Limits::default(), ErrorKind::Unavailable).await;
    }
}

#[tokio::test]
async fn a_fetch_whose_answer_was_lost_is_not_sent_again() {
    let whole = r#"{"records":[],"columnMetadata":[{}]}"#;
    for lost in [|_| Answer::Nothing, |body: &str| Answer::Cut(body.to_owned())] {
        let fetches = AtomicUsize::new(0);
        let second = move |call: &str| {
            rows_of_fetch(call)?;
            (fetches.fetch_add(1, Ordering::SeqCst) == 1).then(|| lost(whole))
        };
        let endpoint = integers(1_000, second).await;
        let mut cursor = endpoint.api.open(SQL, &small_pages()).await.unwrap();
        cursor.next_batch().await.unwrap().unwrap();
        let error = cursor.next_batch().await.unwrap_err();
        assert_eq!((error.kind(), error.retryable()), (ErrorKind::Unavailable, true));
        assert_eq!((endpoint.count("FETCH"), endpoint.count(ROLLBACK)), (2, 1));
        let again = cursor.next_batch().await.unwrap_err();
        assert_eq!(
            again.kind(),
            ErrorKind::TransactionLost,
            "a failed cursor is not a finished one"
        );
    }
}

#[tokio::test]
async fn a_cursor_that_is_closed_while_it_waits_asks_for_no_more() {
    let endpoint = integers(1_000, |_| None).await;
    let mut cursor = endpoint.api.open(SQL, &small_pages()).await.unwrap();
    cursor.next_batch().await.unwrap().unwrap();
    tokio::select! {
        biased;
        _ = cursor.next_batch() => panic!("nobody has answered yet"),
        () = std::future::ready(()) => {}
    }
    cursor.close().await;
    assert_eq!((endpoint.count("FETCH"), endpoint.count(ROLLBACK)), (2, 1));
}

#[tokio::test]
async fn a_resuming_database_is_waited_for() {
    let begins = AtomicUsize::new(0);
    let resuming = move |call: &str| {
        let asleep = call == "BeginTransaction" && begins.fetch_add(1, Ordering::SeqCst) < 3;
        asleep.then(|| failure("DatabaseResumingException", "resuming"))
    };
    let endpoint = integers(3, resuming).await;
    let limits = Limits { resume_timeout: Duration::from_millis(640), ..Limits::default() };
    assert_eq!(values(&endpoint.api.collect(SQL, &limits).await.unwrap()), [0, 1, 2]);
    assert_eq!(endpoint.count("BeginTransaction"), 4);
}

#[tokio::test]
async fn a_resuming_database_is_not_waited_for_without_end() {
    let asleep = |call: &str| {
        (call == "BeginTransaction").then(|| failure("DatabaseResumingException", "resuming"))
    };
    let endpoint = integers(3, asleep).await;
    let limits = Limits { resume_timeout: Duration::from_millis(64), ..Limits::default() };
    let error = endpoint.api.collect(SQL, &limits).await.unwrap_err();
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::DatabaseResuming, true));
    assert!(endpoint.count("BeginTransaction") > 1);
}

#[tokio::test]
async fn nothing_else_is_retried() {
    for (code, kind) in [
        ("ThrottlingException", ErrorKind::Throttled),
        ("ServiceUnavailableError", ErrorKind::Unavailable),
    ] {
        let endpoint =
            integers(3, move |call| (call == "BeginTransaction").then(|| failure(code, ""))).await;
        let error = endpoint.api.collect(SQL, &Limits::default()).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(endpoint.calls(), ["BeginTransaction"]);
    }
}

/// A column `age` of that type in the caller's statement, and of text once it is cast.
async fn ages(type_name: &'static str, rows: usize) -> Endpoint {
    let refused = Table::new("age", type_name, vec![json!({ "isNull": true }); rows]);
    let cast = match type_name {
        "_interval" => ("_text", json!({ "arrayValue": { "stringValues": ["1 day"] } })),
        _ => ("text", json!({ "stringValue": "1 day" })),
    };
    let cast = Table::new("age", cast.0, vec![cast.1; rows]);
    let is_cast = AtomicBool::new(false);
    Endpoint::start(move |call| {
        if call.starts_with("DECLARE") {
            is_cast.store(call.contains("::text"), Ordering::SeqCst);
        }
        if is_cast.load(Ordering::SeqCst) {
            return cast.answer(call);
        }
        match rows_of_fetch(call) {
            Some(1..) if rows > 0 => failure(
                "UnsupportedResultException",
                "The result contains the unsupported data type INTERVAL.",
            ),
            _ => refused.answer(call),
        }
    })
    .await
}

#[tokio::test]
async fn a_type_that_the_service_refuses_is_asked_for_as_text() {
    let texts = DataType::List(Arc::new(Field::new("element", DataType::Utf8, true)));
    for (type_name, postgres_type, cast, data_type) in [
        ("interval", "interval", "text", DataType::Utf8),
        ("_interval", "interval[]", "text[]", texts),
        ("pair", "pair", "text", DataType::Utf8),
    ] {
        for expected in [0, 3] {
            let endpoint = ages(type_name, expected).await;
            let rows = endpoint
                .api
                .collect("SELECT age FROM t -- all;", &Limits::default())
                .await
                .unwrap();
            let found: usize = rows.batches.iter().map(|batch| batch.num_rows()).sum();
            assert_eq!((found, &rows.columns[0].data_type), (expected, &data_type));
            assert_eq!(rows.columns[0].postgres_type, postgres_type, "what it is in the database");
            assert_eq!(endpoint.count("BeginTransaction"), endpoint.count(ROLLBACK));
            let cast = format!(
                "DECLARE quaestor NO SCROLL CURSOR FOR SELECT c1::{cast} AS \"age\" FROM (SELECT age FROM t \
                 -- all\n) AS q (c1)"
            );
            let is_asked_for = endpoint.count(&cast) == 1;
            // A type of the database's own is known to be refused only when there is a row.
            assert_eq!(is_asked_for, expected > 0 || type_name != "pair", "{:?}", endpoint.calls());
        }
    }
}

#[tokio::test]
async fn what_is_refused_and_no_text_is_told() {
    let table = Table::new("n", "_int4", vec![json!({ "isNull": true })]);
    let endpoint = Endpoint::start(move |call| match rows_of_fetch(call) {
        Some(1..) => {
            failure("UnsupportedResultException", "The result contains a multidimensional array")
        }
        _ => table.answer(call),
    })
    .await;
    let error = check_failure(&endpoint, &Limits::default(), ErrorKind::UnsupportedType).await;
    assert!(error.to_string().contains("multidimensional"), "{error}");
}

#[tokio::test]
async fn a_value_that_does_not_fit_rolls_back() {
    let table = Table::new("price", "numeric", vec![json!({ "stringValue": "NaN" })]);
    let endpoint = Endpoint::start(move |call| table.answer(call)).await;
    let error = endpoint.api.collect(SQL, &Limits::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ValueOutOfRange);
    assert!(endpoint.count(ROLLBACK) >= 1);
}

#[tokio::test]
async fn too_long_a_statement_is_not_sent() {
    let endpoint = integers(3, |_| None).await;
    let sql = format!("SELECT '{}'", "ä".repeat(65_536));
    let error = endpoint.api.open(&sql, &Limits::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SqlFailed);
    assert!(endpoint.calls().is_empty());
}

#[tokio::test]
async fn small_results_come_as_text() {
    let values = vec![json!({ "stringValue": "public" }), json!({ "isNull": true })];
    let table = Table::new("schema", "text", values);
    let endpoint = Endpoint::start(move |call| table.answer(call)).await;
    let rows = endpoint.api.rows_as_text(SQL, &Limits::default()).await.unwrap();
    assert_eq!(rows, [[Some("public".to_owned())], [None]]);

    let endpoint = integers(1, |_| None).await;
    let error = endpoint.api.rows_as_text(SQL, &Limits::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedType);
}
