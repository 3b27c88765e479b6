//! Refusals: statements, requests, quotas, and failures asked for.

use std::time::Duration;

use aws_sdk_rdsdata::types::Field;
use http_body_util::BodyExt as _;
use local::rds_data::{Limits, RdsData};

use crate::api::{ADMIN, Api, CLUSTER, READ_ONLY, refusal, refused};

#[tokio::test]
async fn statements_fail_in_the_words_of_the_service() {
    let api = Api::new("failures", Limits { statement_chars: 100, ..Limits::default() }).await;
    let long = format!("SELECT '{}'", "x".repeat(100));
    for (sql, code, message) in [
        ("SELECT * FROM x", "DatabaseErrorException", {
            "ERROR: relation \"x\" does not exist; Position: 15; SQLState: 42P01"
        }),
        ("SELECT 1; SELECT 2", "ValidationException", "Multistatements aren't supported."),
        ("INSERT INTO shop.items (name) VALUES ('x')", "DatabaseErrorException", {
            "ERROR: cannot execute INSERT in a read-only transaction; SQLState: 25006"
        }),
        ("SELECT 1/0", "DatabaseErrorException", "ERROR: division by zero; SQLState: 22012"),
        ("SELECT (ARRAY[1,2])[1:2]", "DatabaseErrorException", {
            "ERROR: syntax error at or near \"$1\"; Position: 22; SQLState: 42601"
        }),
        (long.as_str(), "BadRequestException", {
            "Number of characters in SQLStatement is longer than 100"
        }),
    ] {
        assert_eq!(refused(api.statement(sql)).await, refusal(code, message), "{sql}");
    }
    assert_eq!(api.value("SELECT 1;").await, Field::LongValue(1));
}

#[tokio::test]
async fn requests_are_checked() {
    let api = Api::new("requests", Limits { request_bytes: 2000, ..Limits::default() }).await;
    let call = || api.statement("SELECT 1");
    for (call, code, message) in [
        (call().resource_arn("arn:x"), "HttpEndpointNotEnabledException", {
            "HttpEndpoint is not enabled for resource arn:x"
        }),
        (call().secret_arn("arn:y"), "SecretsErrorException", {
            "Secrets Manager can't find the specified secret arn:y"
        }),
        (call().set_secret_arn(None), "BadRequestException", "secretArn is missing"),
        (call().set_resource_arn(None), "BadRequestException", "resourceArn is missing"),
        (call().set_sql(None), "BadRequestException", "sql is missing"),
        (call().schema("shop"), "ValidationException", "The schema parameter isn't supported"),
        (call().set_database(None), "DatabaseErrorException", {
            "ERROR: database \"quaestor_readonly\" does not exist; SQLState: 3D000"
        }),
        (call().transaction_id("none"), "TransactionNotFoundException", {
            "Transaction none is not found"
        }),
        (call().sql("x".repeat(3000)), "BadRequestException", "Request is larger than 2000 bytes"),
    ] {
        assert_eq!(refused(call).await, refusal(code, message));
    }
}

#[tokio::test]
async fn a_server_that_is_gone_is_a_failed_link() {
    let mut nowhere = tokio_postgres::Config::new();
    nowhere.host_path("/nonexistent").user("u").password("p");
    let data = RdsData::new(CLUSTER, [(ADMIN.to_owned(), nowhere)], Limits::default());
    let body = format!(r#"{{"resourceArn":"{CLUSTER}","secretArn":"{ADMIN}","sql":"SELECT 1"}}"#);
    let request = http::Request::post("/Execute").body(body.into()).unwrap();
    let response = data.handle(request).await;
    assert_eq!(response.status(), 400);
    assert_eq!(response.headers()["x-amzn-errortype"], "BadRequestException");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains("Communications link failure"), "{body:?}");
}

/// As the User Guide has them: "Using the Amazon RDS Data API", limitations.
#[tokio::test]
async fn the_default_quotas_are_those_of_the_service() {
    let limits = Limits::default();
    assert_eq!(limits.call, Duration::from_secs(45));
    assert_eq!(limits.transaction_idle, Duration::from_secs(3 * 60));
    assert_eq!(limits.transaction, Duration::from_secs(24 * 60 * 60));

    let api = Api::new("quotas", limits).await;
    let statement = |chars: usize| format!("SELECT 1{}", " ".repeat(chars - 8));
    let row = |bytes: usize| format!("SELECT repeat('x', {bytes})");
    // A value of 1,018 bytes counts a kilobyte.
    let rows = |count: u32| format!("SELECT repeat('x', 1018) FROM generate_series(1, {count})");
    let unsupported = "UnsupportedResultException";
    for (within, beyond, code, message) in [
        (statement(65_536), statement(65_537), "BadRequestException", {
            "Number of characters in SQLStatement is longer than 65536"
        }),
        (row(65_536), row(65_537), unsupported, {
            "Packet for query is too large: a row exceeds the size limit 64 KB."
        }),
        (rows(1024), rows(1025), unsupported, "The result exceeds the size limit 1 MB."),
    ] {
        api.statement(&within).send().await.unwrap();
        assert_eq!(refused(api.statement(&beyond)).await, refusal(code, message));
    }
    let request = refused(api.statement(&"x".repeat(4 * 1024 * 1024))).await;
    let message = "Request is larger than 4194304 bytes";
    assert_eq!(request, refusal("BadRequestException", message));
}

#[tokio::test]
async fn limits_end_the_call_and_its_transaction() {
    let limits = Limits {
        response_bytes: 42 * 100,
        row_bytes: 2000,
        call: Duration::from_millis(300),
        ..Limits::default()
    };
    let api = Api::new("limits", limits).await;
    // As measured on Aurora: a row of one UUID counts 2 + 4 + 36 bytes.
    let rows = |count| format!("SELECT gen_random_uuid() FROM generate_series(1, {count})");
    let output = api.statement(&rows(100)).send().await.unwrap();
    assert_eq!(output.records().len(), 100);

    let too_large =
        refusal("UnsupportedResultException", "The result exceeds the size limit 4200 bytes.");
    let wide = "SELECT repeat('x', 2001)".to_owned();
    let wide_refusal = "Packet for query is too large: a row exceeds the size limit 2000 bytes.";
    for (sql, expected) in [
        (rows(101), too_large.clone()),
        // Stopped at the limit, not read to its end.
        ("SELECT generate_series(1, 2000000000)".to_owned(), too_large),
        (wide, refusal("UnsupportedResultException", wide_refusal)),
        (
            "SELECT pg_sleep(60)".to_owned(),
            refusal("StatementTimeoutException", "Request timed out"),
        ),
    ] {
        assert_eq!(refused(api.statement(&sql)).await, expected, "{sql}");
        let id = api.begin(READ_ONLY).await;
        assert_eq!(refused(api.statement(&sql).transaction_id(&id)).await, expected, "{sql}");
        let lost = refused(api.statement("SELECT 1").transaction_id(&id)).await;
        assert_eq!(lost.0, "TransactionNotFoundException", "{sql}");
    }
    // What was stopped does not run on.
    let running = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()";
    while api.value(running).await != Field::LongValue(0) {}
}
#[tokio::test]
async fn faults_strike_as_often_as_asked() {
    let api = Api::new("faults", Limits::default()).await;
    api.data.faults().throttle(1);
    api.data.faults().resume(2);
    let call = || api.statement("SELECT 1");
    assert_eq!(refused(call()).await, refusal("ThrottlingException", "Rate exceeded"));
    for _ in 0..2 {
        let (code, message) = refused(call()).await;
        assert_eq!(code, "DatabaseResumingException");
        assert!(message.contains("is resuming after being auto-paused"), "{message}");
    }
    assert_eq!(api.value("SELECT 1").await, Field::LongValue(1));
}
