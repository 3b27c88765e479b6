//! The sessions behind calls without a transaction.

use std::time::Duration;

use aws_sdk_rdsdata::types::Field;
use local::rds_data::Limits;

use crate::api::{ADMIN, Api, READ_ONLY, field, refusal, refused, string};

#[tokio::test]
async fn a_call_waits_for_a_session_until_its_time_is_over() {
    let limits = Limits { connections: 1, call: Duration::from_secs(3), ..Limits::default() };
    let api = Api::new("places", limits).await;
    let id = api.begin(READ_ONLY).await;
    let late = refusal("StatementTimeoutException", "Request timed out");
    assert_eq!(refused(api.statement("SELECT 1")).await, late);
    api.rollback(&id).await.unwrap();
    assert_eq!(api.value("SELECT 1").await, Field::LongValue(1));
}

/// The stand-in's own client looks such a type up by statements that it keeps.
#[tokio::test]
async fn a_type_of_the_owners_can_be_read_again_and_again() {
    let api = Api::new("types", Limits::default()).await;
    for sql in [
        "CREATE TYPE size AS ENUM ('small', 'large')",
        "CREATE TYPE colour AS ENUM ('red', 'blue')",
    ] {
        api.statement(sql).secret_arn(ADMIN).send().await.unwrap();
    }
    for (sql, expected) in [
        ("SELECT 'small'::size", "small"),
        ("SELECT 'red'::colour", "red"),
        ("SELECT 'large'::size", "large"),
    ] {
        assert_eq!(api.value(sql).await, string(expected), "{sql}");
    }
}

#[tokio::test]
async fn no_call_sees_the_session_of_another() {
    let api = Api::new("sessions", Limits::default()).await;
    for sql in [
        "SET timezone = 'Asia/Tokyo'",
        "SET search_path = shop",
        "SELECT pg_advisory_lock(1)",
        "BEGIN",
        "PREPARE p AS SELECT 1",
    ] {
        api.statement(sql).send().await.unwrap();
    }
    for (sql, expected) in [
        ("SHOW timezone", string("UTC")),
        ("SHOW search_path", string("\"$user\", public")),
        ("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", Field::LongValue(0)),
        ("SELECT count(*) FROM pg_prepared_statements WHERE name = 'p'", Field::LongValue(0)),
    ] {
        assert_eq!(api.value(sql).await, expected, "{sql}");
    }
    // A zone of the session changes nothing in the answer.
    let id = api.begin(READ_ONLY).await;
    let set = api.statement("SET LOCAL timezone = 'Asia/Tokyo'").transaction_id(&id);
    set.send().await.unwrap();
    let call = api.statement("SELECT timestamptz '2026-11-22 06:00Z'").transaction_id(&id);
    assert_eq!(field(call.send().await.unwrap()), string("2026-11-22 06:00:00"));
}
