//! The RDS Data API stand-in, through AWS's own SDK, over HTTP, on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    convert::Infallible,
    sync::{Arc, Weak},
    time::Duration,
};

use aws_sdk_rdsdata::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    error::{ProvideErrorMetadata, SdkError},
    operation::execute_statement::{
        ExecuteStatementOutput, builders::ExecuteStatementFluentBuilder,
    },
    primitives::Blob,
    types::{ArrayValue, Field, RecordsFormatType, SqlParameter, TypeHint},
};
use http_body_util::BodyExt as _;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use local::{
    postgres::{Database, Postgres, Programs},
    rds_data::{Limits, RdsData},
};
use tokio::net::TcpListener;

const CLUSTER: &str = "arn:aws:rds:us-east-1:000000000000:cluster:quaestor";
const READ_ONLY: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:quaestor-readonly";
const ADMIN: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:quaestor-admin";

const SCRIPT: &str = "
    CREATE SCHEMA shop;
    CREATE TYPE shop.size AS ENUM ('small', 'large');
    CREATE TABLE shop.items (
      item_id serial PRIMARY KEY, name varchar(20) NOT NULL, price numeric(10,2), added timestamptz
    );
    INSERT INTO shop.items (name, price, added) VALUES
      ('one', 1.50, '2026-11-22 06:00:00+00'), ('two', NULL, '2026-11-22 07:00:00.25+01');";

/// One server for all tests that run at the same time; it goes with the last of them.
static SERVER: tokio::sync::Mutex<Weak<Postgres>> = tokio::sync::Mutex::const_new(Weak::new());

struct Api {
    client: Client,
    data: RdsData,
    database: Database,
    _server: Arc<Postgres>,
}

impl Api {
    /// The endpoint on a port of its own, in front of a database of its own.
    async fn new(database: &str, limits: Limits) -> Api {
        let mut server = SERVER.lock().await;
        let postgres = match server.upgrade() {
            Some(running) => running,
            None => Arc::new(Postgres::start(&Programs::find().unwrap()).await.unwrap()),
        };
        *server = Arc::downgrade(&postgres);
        drop(server);

        let database = postgres.create_database_with(database, &[SCRIPT]).await.unwrap();
        let secrets = [
            (READ_ONLY.to_owned(), database.read_only.clone()),
            (ADMIN.to_owned(), database.superuser.clone()),
        ];
        let data = RdsData::new(CLUSTER, secrets, limits);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(listener, data.clone()));
        let config = aws_sdk_rdsdata::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .endpoint_url(endpoint)
            .retry_config(RetryConfig::disabled())
            .build();
        Api { client: Client::from_conf(config), data, database, _server: postgres }
    }

    fn statement(&self, sql: &str) -> ExecuteStatementFluentBuilder {
        self.client
            .execute_statement()
            .resource_arn(CLUSTER)
            .secret_arn(READ_ONLY)
            .database(&self.database.name)
            .sql(sql)
    }

    async fn begin(&self, secret: &str) -> String {
        let begun = self
            .client
            .begin_transaction()
            .resource_arn(CLUSTER)
            .secret_arn(secret)
            .database(&self.database.name)
            .send()
            .await
            .unwrap();
        begun.transaction_id.unwrap()
    }

    async fn commit(&self, id: &str) -> Result<String, (String, String)> {
        let call = self.client.commit_transaction().resource_arn(CLUSTER).secret_arn(ADMIN);
        let committed = call.transaction_id(id).send().await.map_err(|error| failure(&error))?;
        Ok(committed.transaction_status.unwrap())
    }

    async fn rollback(&self, id: &str) -> Result<String, (String, String)> {
        let call = self.client.rollback_transaction().resource_arn(CLUSTER).secret_arn(ADMIN);
        let rolled = call.transaction_id(id).send().await.map_err(|error| failure(&error))?;
        Ok(rolled.transaction_status.unwrap())
    }

    /// The first field of the first record.
    async fn value(&self, sql: &str) -> Field {
        field(self.statement(sql).send().await.unwrap())
    }
}

async fn serve(listener: TcpListener, data: RdsData) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let data = data.clone();
        let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let data = data.clone();
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.unwrap().to_bytes();
                Ok::<_, Infallible>(data.handle(http::Request::from_parts(head, body)).await)
            }
        });
        tokio::spawn(async move {
            let builder = hyper::server::conn::http1::Builder::new();
            _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn field(output: ExecuteStatementOutput) -> Field {
    output.records.unwrap().remove(0).remove(0)
}

fn string(text: &str) -> Field {
    Field::StringValue(text.into())
}

/// The code and the message of a refusal.
fn failure<E: ProvideErrorMetadata>(error: &SdkError<E>) -> (String, String) {
    let meta = error.as_service_error().expect("the service refused").meta();
    (meta.code().unwrap().to_owned(), meta.message().unwrap_or_default().to_owned())
}

async fn refused(call: ExecuteStatementFluentBuilder) -> (String, String) {
    failure(&call.send().await.expect_err("refused"))
}

fn named(name: &str, value: Field) -> SqlParameter {
    SqlParameter::builder().name(name).value(value).build()
}

fn refusal(code: &str, message: &str) -> (String, String) {
    (code.to_owned(), message.to_owned())
}

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
async fn transactions_commit_and_roll_back() {
    let api = Api::new("transactions", Limits::default()).await;
    let insert = "INSERT INTO shop.items (name) VALUES (:name)";
    let count = "SELECT count(*) FROM shop.items";
    let write = |id: &str| {
        let call = api.statement(insert).secret_arn(ADMIN).transaction_id(id);
        call.parameters(named("name", string("x"))).send()
    };

    let id = api.begin(ADMIN).await;
    let written = write(&id).await.unwrap();
    assert_eq!(written.number_of_records_updated, 1);
    assert!(written.records.is_none());
    assert_eq!(api.value(count).await, Field::LongValue(2), "not seen before the commit");
    assert_eq!(api.commit(&id).await.unwrap(), "Transaction Committed");
    assert_eq!(api.value(count).await, Field::LongValue(3));

    let id = api.begin(ADMIN).await;
    write(&id).await.unwrap();
    assert_eq!(api.rollback(&id).await.unwrap(), "Rollback Complete");
    assert_eq!(api.value(count).await, Field::LongValue(3));
    assert_eq!(api.rollback(&id).await.unwrap_err().0, "TransactionNotFoundException");

    let autocommitted = api.statement(insert).secret_arn(ADMIN);
    autocommitted.parameters(named("name", string("y"))).send().await.unwrap();
    assert_eq!(api.value(count).await, Field::LongValue(4));

    // An error of the database does not end the transaction, as long as a savepoint saves it.
    let id = api.begin(ADMIN).await;
    let step = |sql| api.statement(sql).secret_arn(ADMIN).transaction_id(&id).send();
    step("SAVEPOINT before").await.unwrap();
    step("SELECT 1/0").await.unwrap_err();
    let aborted = failure(&step("SELECT 1").await.unwrap_err());
    assert!(aborted.1.ends_with("SQLState: 25P02"), "{aborted:?}");
    step("ROLLBACK TO SAVEPOINT before").await.unwrap();
    step("SELECT 1").await.unwrap();
    let elsewhere = api.statement("SELECT 1").database("postgres").transaction_id(&id);
    assert_eq!(refused(elsewhere).await.0, "BadRequestException");
}

#[tokio::test]
async fn a_transaction_takes_one_call_at_a_time() {
    let api = Api::new("busy", Limits::default()).await;
    let id = api.begin(READ_ONLY).await;
    let call = || api.statement("SELECT 1 FROM pg_sleep(0.3)").transaction_id(&id).send();
    let (one, other) = tokio::join!(call(), call());
    let (answered, second) = match (one, other) {
        (Ok(answered), Err(second)) | (Err(second), Ok(answered)) => (answered, second),
        both => panic!("one call at a time, not {both:?}"),
    };
    assert_eq!(field(answered), Field::LongValue(1));
    assert_eq!(
        failure(&second),
        refusal("DatabaseErrorException", "Transaction is still running a query")
    );
    call().await.unwrap();
}

#[tokio::test]
async fn an_idle_transaction_is_rolled_back() {
    for limits in [
        Limits { transaction_idle: Duration::from_millis(50), ..Limits::default() },
        Limits { transaction: Duration::from_millis(50), ..Limits::default() },
    ] {
        let name = format!("idle_{}", limits.transaction.as_millis());
        let api = Api::new(&name, limits).await;
        let id = api.begin(ADMIN).await;
        let open = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND state = 'idle in transaction'";
        let count = || api.statement(open).secret_arn(ADMIN).send();
        while field(count().await.unwrap()) != Field::LongValue(0) {}
        let lost = refused(api.statement("SELECT 1").transaction_id(&id)).await;
        assert_eq!(lost.0, "TransactionNotFoundException");
    }
}

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

#[tokio::test]
async fn a_batch_runs_once_for_each_set() {
    let api = Api::new("batches", Limits::default()).await;
    let count = "SELECT count(*) FROM shop.items";
    let batch = |names: &[&str]| {
        let sets = names.iter().map(|name| vec![named("name", string(name))]).collect();
        api.client
            .batch_execute_statement()
            .resource_arn(CLUSTER)
            .secret_arn(ADMIN)
            .database(&api.database.name)
            .sql("INSERT INTO shop.items (name) VALUES (:name)")
            .set_parameter_sets(Some(sets))
            .send()
    };
    assert_eq!(batch(&["x", "y"]).await.unwrap().update_results().len(), 2);
    assert_eq!(api.value(count).await, Field::LongValue(4));
    let too_long = failure(&batch(&["z", &"z".repeat(21)]).await.unwrap_err());
    assert!(too_long.1.ends_with("SQLState: 22001"), "{too_long:?}");
    assert_eq!(api.value(count).await, Field::LongValue(5), "each is committed by itself");
}
