//! `provision-database`, as CloudFormation would have it run, on a PostgreSQL that logs every statement.

use std::path::Path;

use aws_sdk_rdsdata::{
    Client,
    config::{BehaviorVersion, Region, retry::RetryConfig},
    error::ProvideErrorMetadata as _,
};
use local::{
    AgentBackend, Database, FunctionError, Model, REGION, System, SystemConfig,
    system::{ADMIN_SECRET_ARN, CLUSTER_ARN},
};
use serde_json::{Value, json};

use crate::quaestor::DataDir;

pub(crate) const SECRET: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:reader";
const OTHER_SECRET: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:reader-2";
const PASSWORD: &str = "s3cret 'quoted\\ \"password";
const DATABASE: &str = "shop\"; DROP";

/// Names that would end a quotation.
const SCRIPT: &str = r#"
    ALTER ROLE quaestor_admin SET log_statement = 'all';
    CREATE SCHEMA "a""; --";
    CREATE SCHEMA b;
    CREATE SCHEMA closed;
    CREATE TABLE "a""; --"."t'1" (n integer);
    INSERT INTO "a""; --"."t'1" VALUES (1);
    CREATE TABLE b.t (n integer);
    CREATE TABLE closed.t (n integer);
    CREATE FUNCTION b.f() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT ''written''::text';
    CREATE ROLE powerful LOGIN CREATEDB;
    CREATE ROLE owner LOGIN;
    CREATE TABLE b.owned (n integer);
    ALTER TABLE b.owned OWNER TO owner;
    CREATE ROLE granted LOGIN;
    GRANT INSERT ON closed.t TO granted;
    CREATE ROLE manager LOGIN CREATEROLE PASSWORD 'manager';
    ALTER DATABASE "shop""; DROP" OWNER TO manager;
    CREATE SCHEMA managed AUTHORIZATION manager;
    CREATE TABLE managed.t AS SELECT 3 AS n;
    ALTER TABLE managed.t OWNER TO manager;
    CREATE FUNCTION managed.f() RETURNS text LANGUAGE sql AS 'SELECT ''of a stranger''::text';
"#;

/// Every right and setting there is, but PostgreSQL's own, passwords, and when they were given.
const RIGHTS: &str = "SELECT relname::text || relacl::text FROM pg_class \
      WHERE relacl IS NOT NULL AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)' \
    UNION ALL SELECT nspname::text || nspacl::text FROM pg_namespace WHERE nspacl IS NOT NULL \
    UNION ALL SELECT datname::text || datacl::text FROM pg_database WHERE datacl IS NOT NULL \
    UNION ALL SELECT proname::text || proacl::text FROM pg_proc \
      WHERE proacl IS NOT NULL AND pronamespace <> 'pg_catalog'::regnamespace \
    UNION ALL SELECT defaclrole::regrole::text || defaclnamespace::text || defaclobjtype::text || defaclacl::text \
      FROM pg_default_acl \
    UNION ALL SELECT setdatabase::text || r.rolname::text || setconfig::text \
      FROM pg_db_role_setting JOIN pg_roles r ON r.oid = setrole \
    UNION ALL SELECT (to_jsonb(r) - 'oid' - 'rolconfig')::text FROM pg_roles r WHERE rolname !~ '^pg_' \
    UNION ALL SELECT roleid::regrole::text || ' in ' || member::regrole::text FROM pg_auth_members \
    ORDER BY 1";

pub(crate) struct Stand {
    pub(crate) system: System,
    client: Client,
    pub(crate) data: DataDir,
}

impl Stand {
    pub(crate) async fn start() -> Stand {
        let data = DataDir::new();
        let this = std::env::current_exe().expect("a path");
        let config = SystemConfig {
            data_dir: data.path().into(),
            functions_dir: this.ancestors().nth(2).expect("a profile's folder").into(),
            state_machine: include_str!("../state-machines/report-run.asl.json").to_owned(),
            database: Database::Embedded {
                name: DATABASE.to_owned(),
                scripts: vec![SCRIPT.to_owned()],
            },
            agent: AgentBackend::Converse,
            model: Model::BuiltIn,
            port: 0,
        };
        let system = Box::pin(System::start(config)).await.expect("a system");
        system.add_secret(SECRET, "r\"; '", PASSWORD);
        system.add_secret(OTHER_SECRET, "reader", PASSWORD);
        let keys = system.credentials();
        let credentials = aws_credential_types::Credentials::new(
            &keys.access_key_id,
            &keys.secret_access_key,
            None,
            None,
            "test",
        );
        let config = aws_sdk_rdsdata::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .region(Region::new(REGION))
            .credentials_provider(credentials)
            .endpoint_url(system.endpoint_url())
            .retry_config(RetryConfig::disabled())
            .build();
        Stand { system, client: Client::from_conf(config), data }
    }

    pub(crate) async fn invoke(
        &self,
        kind: &str,
        id: Option<&str>,
        change: Value,
    ) -> Result<Value, FunctionError> {
        let mut event = json!({
            "RequestType": kind,
            "PhysicalResourceId": id,
            "ResourceProperties": {
                "ServiceToken": "arn", "ClusterArn": CLUSTER_ARN, "AdminSecretArn": ADMIN_SECRET_ARN,
                "RoleSecretArn": SECRET, "Database": DATABASE, "Schemas": ["a\"; --", "b"],
                "RevokePublicExecute": "true",
            },
        });
        for (name, value) in change.as_object().expect("an object") {
            event["ResourceProperties"][name] = value.clone();
        }
        self.system.invoke("provision-database", &event).await
    }

    /// The one column of a statement's rows, or PostgreSQL's words.
    async fn run(&self, secret: &str, sql: &str) -> Result<Vec<String>, String> {
        let call = self.client.execute_statement().resource_arn(CLUSTER_ARN).secret_arn(secret);
        match call.database(DATABASE).sql(sql).send().await {
            Ok(answer) => Ok(answer
                .records()
                .iter()
                .map(|row| row[0].as_string_value().cloned().unwrap_or_default())
                .collect()),
            Err(error) => Err(error.message().unwrap_or("no answer").to_owned()),
        }
    }

    async fn admin(&self, sql: &str) -> Vec<String> {
        self.run(ADMIN_SECRET_ARN, sql).await.unwrap_or_else(|why| panic!("{sql}: {why}"))
    }

    /// Runs it as the new role; `expected` is the first value, or a part of the refusal.
    async fn check(&self, secret: &str, sql: &str, expected: Result<&str, &str>) {
        let found = self.run(secret, sql).await;
        match (&found, expected) {
            (Ok(rows), Ok(value)) => assert_eq!(rows.first().map_or("", |it| it), value, "{sql}"),
            (Err(why), Err(part)) => assert!(why.contains(part), "{sql}: {why}"),
            _ => panic!("{sql}: {found:?}, not {expected:?}"),
        }
    }
}

#[track_caller]
fn assert_same(now: &[String], before: &[String], when: &str) {
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|it| !those.contains(it)).cloned().collect()
    };
    let (came, went) = (only(now, before), only(before, now));
    assert!(came.is_empty() && went.is_empty(), "{when}: came {came:#?}, went {went:#?}");
}

#[tokio::test]
async fn a_role_that_only_reads_comes_changes_and_goes() {
    let stand = Stand::start().await;
    let before = stand.admin(RIGHTS).await;

    // Made, while the database resumes from a pause.
    stand.system.data_api_faults().resume(2);
    let made = stand.invoke("Create", None, json!({})).await.expect("a role");
    let id = made["PhysicalResourceId"].as_str().expect("a name");
    assert_eq!(id, format!("r\"; '@{CLUSTER_ARN}"));
    assert_eq!(made["Data"], json!({ "Role": "r\"; '", "Warnings": "" }));
    let rights = stand.admin(RIGHTS).await;

    // Made again, it is as it was.
    let again = stand.invoke("Update", Some(id), json!({})).await.expect("the same role");
    assert_eq!(again, made);
    assert_same(&stand.admin(RIGHTS).await, &rights, "a second run");

    // It reads, later tables too, and nothing else; not even when it asks for a transaction that writes.
    stand.admin("CREATE TABLE b.later AS SELECT 7 AS n").await;
    stand
        .admin("CREATE FUNCTION b.g() RETURNS text LANGUAGE sql AS 'SELECT ''later''::text'")
        .await;
    for (sql, expected) in [
        ("SELECT n::text FROM \"a\"\"; --\".\"t'1\"", Ok("1")),
        ("SELECT n::text FROM b.later", Ok("7")),
        ("SELECT current_setting('statement_timeout')", Ok("1min")),
        ("SELECT current_setting('temp_file_limit')", Ok("1GB")),
        ("SELECT n::text FROM closed.t", Err("permission denied for schema closed")),
        ("INSERT INTO b.t VALUES (1)", Err("read-only transaction")),
        ("CREATE TABLE b.u (n integer)", Err("read-only transaction")),
        ("CREATE TEMPORARY TABLE u (n integer)", Err("read-only transaction")),
        ("SELECT b.f()", Err("permission denied for function f")),
        ("SELECT b.g()", Err("permission denied for function g")),
    ] {
        stand.check(SECRET, sql, expected).await;
    }
    stand.admin("ALTER ROLE \"r\"\"; '\" SET default_transaction_read_only = off").await;
    // By another name of the same secret, and so in a session that begins after this.
    let afresh = format!("{SECRET}-afresh");
    stand.system.add_secret(&afresh, "r\"; '", PASSWORD);
    for (sql, expected) in [
        ("INSERT INTO b.t VALUES (1)", Err("permission denied for table t")),
        ("TRUNCATE b.t", Err("permission denied for table t")),
        ("CREATE TABLE b.u (n integer)", Err("permission denied for schema b")),
        (
            "CREATE TEMPORARY TABLE u (n integer)",
            Err("permission denied to create temporary tables"),
        ),
    ] {
        stand.check(&afresh, sql, expected).await;
    }

    // A schema that is named no more is closed, and so is what somebody granted by hand.
    stand.admin("DROP FUNCTION b.g()").await;
    stand.admin("DROP TABLE b.later").await;
    stand.admin("GRANT INSERT ON closed.t TO \"r\"\"; '\"").await;
    stand.invoke("Update", Some(id), json!({ "Schemas": ["a\"; --"] })).await.expect("a role");
    stand.admin("CREATE TABLE b.later (n integer)").await;
    let granted = stand
        .admin("SELECT has_table_privilege('r\"; ''', 'b.later', 'SELECT')::text || has_table_privilege('r\"; ''', 'closed.t', 'INSERT')::text")
        .await;
    assert_eq!(granted, ["falsefalse"]);
    stand.check(SECRET, "SELECT n::text FROM b.t", Err("permission denied for schema b")).await;
    stand.check(SECRET, "SELECT n::text FROM \"a\"\"; --\".\"t'1\"", Ok("1")).await;
    stand.admin("DROP TABLE b.later").await;

    // Another name is another resource; the old one goes by its name, whatever the secret says now.
    let renamed = stand.invoke("Update", Some(id), json!({ "RoleSecretArn": OTHER_SECRET })).await;
    let renamed = renamed.expect("another role")["PhysicalResourceId"].clone();
    let renamed = renamed.as_str().expect("a name");
    assert_eq!(renamed, format!("reader@{CLUSTER_ARN}"));
    for gone in [id, renamed, renamed] {
        stand
            .invoke("Delete", Some(gone), json!({ "RoleSecretArn": "arn:gone" }))
            .await
            .expect("gone");
    }

    // Nothing of it stays but what PUBLIC has lost.
    let without_public = |rights: Vec<String>| -> Vec<String> {
        rights.into_iter().filter(|it| !it.contains("=X/")).collect()
    };
    let after = without_public(stand.admin(RIGHTS).await);
    assert_same(&after, &without_public(before), "after the deletion");
    stand.check(ADMIN_SECRET_ARN, "SELECT n::text FROM \"a\"\"; --\".\"t'1\"", Ok("1")).await;

    // The password is nowhere: not in the server's log of every statement, and not in the functions'.
    let server = stand.admin("SHOW data_directory").await;
    let server = Path::new(&server[0]).with_file_name("server.log");
    let server = String::from_utf8_lossy(&std::fs::read(server).expect("a log")).into_owned();
    assert!(server.contains("SCRAM-SHA-256$4096:"), "the statements are not in the log");
    let function = stand.system.data_dir().join("logs/provision-database.log");
    let function = std::fs::read_to_string(function).expect("a log");
    for log in [server, function] {
        assert!(!log.contains("s3cret"), "{log}");
    }
    stand.system.stop().await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let stand = Stand::start().await;
    let secret = |role: &str| {
        let arn = format!("{SECRET}-{role}");
        stand.system.add_secret(&arn, role, PASSWORD);
        json!({ "RoleSecretArn": arn })
    };
    let before = stand.admin(RIGHTS).await;
    for (change, says) in [
        (secret("powerful"), "makes databases"),
        (secret("owner"), "owns objects"),
        (secret("granted"), "by somebody else"),
        (json!({ "RoleSecretArn": ADMIN_SECRET_ARN }), "is a superuser"),
        (json!({ "RoleSecretArn": "arn:none" }), "ResourceNotFoundException"),
        (json!({ "Schemas": ["b", "none"] }), "there is no schema `none`"),
        (json!({ "Schemas": [] }), "`Schemas`"),
        (json!({ "Database": "none" }), "does not exist"),
        (
            json!({ "ClusterArn": "arn:aws:rds:us-east-1:000000000000:cluster:none" }),
            "HttpEndpoint",
        ),
    ] {
        let refused = stand.invoke("Create", None, change).await.expect_err(says).to_string();
        assert!(refused.contains(says), "{says}: {refused}");
        assert_same(&stand.admin(RIGHTS).await, &before, says);
    }
    // What PUBLIC may write, so may the role.
    stand.admin("GRANT UPDATE (n) ON b.t TO PUBLIC").await;
    let refused = stand.invoke("Create", None, json!({})).await.expect_err("PUBLIC writes");
    assert!(refused.to_string().contains("b.t"), "{refused}");

    // A deletion succeeds when there is nothing to delete, and spares a role that is not ours.
    let named = |role: &str, cluster: &str| format!("{role}@{cluster}");
    let nowhere = "arn:aws:rds:us-east-1:000000000000:cluster:none";
    for (id, change) in [
        (named("reader", CLUSTER_ARN), json!({})),
        (named("powerful", CLUSTER_ARN), json!({})),
        (named("reader", nowhere), json!({})),
        (named("reader", CLUSTER_ARN), json!({ "AdminSecretArn": "arn:none" })),
        (named("reader", CLUSTER_ARN), json!({ "Database": "none" })),
        ("AWSCDK::CustomResourceProviderFramework::CREATE_FAILED".to_owned(), json!({})),
    ] {
        stand.invoke("Delete", Some(&id), change).await.unwrap_or_else(|why| panic!("{id}: {why}"));
    }
    assert_eq!(
        stand.admin("SELECT rolname::text FROM pg_roles WHERE rolname = 'powerful'").await,
        ["powerful"]
    );
    stand.system.stop().await;
}

/// RDS gives nobody a superuser.
#[tokio::test]
async fn an_administrator_need_not_be_a_superuser() {
    const MANAGER: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:manager";
    let stand = Stand::start().await;
    stand.system.add_secret(MANAGER, "manager", "manager");
    let change =
        json!({ "AdminSecretArn": MANAGER, "Schemas": ["managed"], "RevokePublicExecute": false });
    let before = stand.admin(RIGHTS).await;

    let made = stand.invoke("Create", None, change.clone()).await.expect("a role");
    let warnings = made["Data"]["Warnings"].as_str().expect("a text");
    assert!(warnings.contains("tables that quaestor_admin makes later"), "{warnings}");
    let rights = stand.admin(RIGHTS).await;
    let id = made["PhysicalResourceId"].as_str();
    stand.invoke("Update", id, change.clone()).await.expect("the same role");
    assert_same(&stand.admin(RIGHTS).await, &rights, "a second run");
    stand.run(MANAGER, "CREATE TABLE managed.later AS SELECT 4 AS n").await.expect("a table");
    stand.check(SECRET, "SELECT n::text FROM managed.t", Ok("3")).await;
    stand.check(SECRET, "SELECT n::text FROM managed.later", Ok("4")).await;
    stand.run(MANAGER, "DROP TABLE managed.later").await.expect("no table");

    stand.invoke("Delete", id, change).await.expect("no role");
    assert_same(&stand.admin(RIGHTS).await, &before, "after the deletion");
    stand.system.stop().await;
}
