//! The embedded PostgreSQL: its life, its settings, and what its read-only role can do.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    env,
    ffi::OsStr,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use local::postgres::{Database, Postgres, PostgresError, Programs, can_write};
use tokio_postgres::{Client, Config, NoTls};

const SCRIPT: &str = "
    CREATE SCHEMA shop;
    CREATE TABLE shop.items (item_id serial PRIMARY KEY, name text);
    INSERT INTO shop.items (name) VALUES ('one'), ('two');
    CREATE VIEW shop.names AS SELECT name FROM shop.items;
    CREATE FUNCTION shop.wipe() RETURNS bigint LANGUAGE sql SECURITY DEFINER
      AS 'DELETE FROM shop.items RETURNING item_id::bigint';";

async fn start() -> Postgres {
    Postgres::start(&Programs::find().unwrap()).await.unwrap()
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test]
async fn starts_with_its_settings_and_leaves_nothing_behind() {
    let postgres = start().await;
    let folder = postgres.data_directory();
    let pid = postmaster_pid(&folder);
    let client = connect(&postgres.superuser("postgres")).await;
    for (setting, expected) in [
        ("listen_addresses", ""),
        ("fsync", "off"),
        ("full_page_writes", "off"),
        ("jit", "off"),
        ("TimeZone", "UTC"),
        ("server_encoding", "UTF8"),
        ("lc_collate", "C"),
        ("password_encryption", "scram-sha-256"),
    ] {
        let row = client
            .query_one("SELECT coalesce(current_setting($1, true), (SELECT datcollate FROM pg_database LIMIT 1))", &[&setting])
            .await
            .unwrap();
        assert_eq!(row.get::<_, String>(0), expected, "{setting}");
    }
    let mode = fs::metadata(folder.parent().unwrap()).unwrap().permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o700);
    let by_url: Config = postgres.superuser_url("postgres").parse().unwrap();
    connect(&by_url).await.check_connection().await.unwrap();

    drop(postgres);
    assert!(!folder.exists());
    assert!(!Path::new("/proc").join(&pid).exists());
}

#[tokio::test]
async fn nobody_enters_without_the_password() {
    let postgres = start().await;
    let mut config = postgres.superuser("postgres");
    config.password("guess");
    let refusal = config.connect(NoTls).await.map(|_| ()).unwrap_err();
    assert_eq!(refusal.code().unwrap().code(), "28P01");
}

#[tokio::test]
async fn the_read_only_role_reads_everything_and_changes_nothing() {
    let postgres = start().await;
    let database = postgres.create_database_with("shop", &[SCRIPT]).await.unwrap();
    let client = connect(&database.read_only).await;
    for (sql, expected) in
        [("SELECT count(*) FROM shop.items", 2), ("SELECT count(*) FROM shop.names", 2)]
    {
        assert_eq!(client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0), expected, "{sql}");
    }

    let read_only = "25006";
    let insufficient = "42501";
    for (sql, expected) in [
        ("INSERT INTO shop.items (name) VALUES ('three')", read_only),
        ("UPDATE shop.items SET name = 'x'", read_only),
        ("CREATE TEMP TABLE t (a int)", read_only),
        ("SELECT shop.wipe()", insufficient),
        ("SET ROLE quaestor_admin", insufficient),
        ("SELECT pg_read_file('/etc/passwd')", insufficient),
        ("COPY shop.items TO PROGRAM 'cat'", insufficient),
        ("ALTER ROLE quaestor_readonly SUPERUSER", read_only),
    ] {
        refused(&client, sql, expected).await;
    }

    // The default is a courtesy; the grants are the wall.
    client.batch_execute("SET default_transaction_read_only = off").await.unwrap();
    for sql in [
        "INSERT INTO shop.items (name) VALUES ('three')",
        "DELETE FROM shop.items",
        "TRUNCATE shop.items",
        "SELECT nextval('shop.items_item_id_seq')",
        "SELECT * FROM shop.items FOR UPDATE",
        "CREATE TABLE shop.t (a int)",
        "CREATE TABLE public.t (a int)",
        "CREATE TEMP TABLE t (a int)",
        "CREATE SCHEMA mine",
        "CREATE ROLE friend",
        "ALTER ROLE quaestor_readonly SUPERUSER",
        "SELECT shop.wipe()",
    ] {
        refused(&client, sql, insufficient).await;
    }
    let elsewhere = postgres.read_only("postgres").connect(NoTls).await.map(|_| ()).unwrap_err();
    assert_eq!(elsewhere.code().unwrap().code(), insufficient);
}

async fn refused(client: &Client, sql: &str, expected: &str) {
    let refusal = client.batch_execute(sql).await.expect_err(sql);
    assert_eq!(refusal.code().map(|code| code.code()), Some(expected), "{sql}: {refusal:?}");
}

#[tokio::test]
async fn tells_which_roles_can_write() {
    let postgres = start().await;
    let roles = "
        CREATE ROLE reader LOGIN PASSWORD 'p';
        CREATE ROLE writer LOGIN PASSWORD 'p';
        CREATE ROLE column_writer LOGIN PASSWORD 'p';
        CREATE ROLE owner LOGIN PASSWORD 'p';
        CREATE ROLE clerk LOGIN PASSWORD 'p' CREATEROLE CREATEDB;
        CREATE ROLE architect LOGIN PASSWORD 'p';
        CREATE ROLE heir LOGIN PASSWORD 'p' IN ROLE owner;";
    let database = postgres.create_database_with("shop", &[roles, SCRIPT]).await.unwrap();
    connect(&database.superuser)
        .await
        .batch_execute(
            "GRANT CONNECT ON DATABASE shop TO PUBLIC;
             GRANT DELETE ON shop.items TO writer;
             GRANT UPDATE (name) ON shop.items TO column_writer;
             ALTER VIEW shop.names OWNER TO owner;
             GRANT CREATE ON SCHEMA shop TO architect",
        )
        .await
        .unwrap();
    let warning = |role: &str, what: &str| {
        Some(format!("the role `{role}` can write to this database: it {what}"))
    };
    for (role, expected) in [
        ("reader", None),
        ("writer", warning("writer", "may change rows (`shop.items`)")),
        ("column_writer", warning("column_writer", "may change rows (`shop.items`)")),
        ("owner", warning("owner", "owns a table (`shop.names`), may change rows (`shop.names`)")),
        ("heir", warning("heir", "owns a table (`shop.names`), may change rows (`shop.names`)")),
        ("clerk", warning("clerk", "may create roles, may create databases")),
        ("architect", warning("architect", "may create in a schema (`shop`)")),
    ] {
        let mut config = database.superuser.clone();
        config.user(role).password("p");
        assert_eq!(can_write(&config).await.unwrap(), expected, "{role}");
    }
    assert_eq!(can_write(&database.read_only).await.unwrap(), None);
    let superuser = can_write(&database.superuser).await.unwrap().unwrap();
    assert!(superuser.contains("it is a superuser"), "{superuser}");
}

#[tokio::test]
async fn a_failing_script_is_named() {
    let postgres = start().await;
    let failed: Result<Database, _> =
        postgres.create_database_with("shop", &["SELECT 1", "SELECT nothing"]).await;
    let error = failed.unwrap_err();
    assert_eq!(error.to_string(), "failed to run script 2 of 2");
}

#[test]
fn finds_the_programs_in_their_order() {
    let root = tempfile::tempdir().unwrap();
    let install = |folder: &str| -> PathBuf {
        let folder = root.path().join(folder);
        fs::create_dir_all(&folder).unwrap();
        for program in ["postgres", "initdb"] {
            fs::write(folder.join(program), "").unwrap();
        }
        folder
    };
    let versions = root.path().join("lib");
    let (old, new) = (install("lib/9.6/bin"), install("lib/15/bin"));
    let (named, on_path) = (install("named"), install("path"));
    fs::create_dir_all(root.path().join("lib/beta/bin")).unwrap();
    let empty = OsStr::new("");
    let check = |pg_bin: Option<&Path>, path: &OsStr, expected: &Path| {
        let found = Programs::find_in(pg_bin, path, &versions).unwrap();
        let expected = Programs::find_in(Some(expected), empty, &versions).unwrap();
        assert_eq!(found, expected);
    };
    check(Some(&named), on_path.as_os_str(), &named);
    check(None, on_path.as_os_str(), &on_path);
    check(None, empty, &new);
    fs::remove_file(new.join("initdb")).unwrap();
    check(None, empty, &old);

    let refused = |pg_bin, folder: &str| {
        Programs::find_in(pg_bin, empty, &root.path().join(folder)).unwrap_err()
    };
    assert!(matches!(refused(None, "nowhere"), PostgresError::NotInstalled));
    assert!(matches!(refused(Some(&new), "lib"), PostgresError::NotInPgBin { .. }));
}

const CHILD: &str = "QUAESTOR_TEST_CHILD";

#[test]
fn the_server_dies_with_a_killed_parent() {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "started_by_the_test_of_a_killed_parent", "--ignored", "--nocapture"])
        .env(CHILD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let folder = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .find_map(|line| line.unwrap().split_once("READY ").map(|(_, at)| PathBuf::from(at)))
        .unwrap();
    let process = Path::new("/proc").join(postmaster_pid(&folder));
    assert!(process.exists());

    child.kill().unwrap();
    child.wait().unwrap();
    let killed = Instant::now();
    while process.exists() {
        assert!(killed.elapsed() < Duration::from_secs(60), "the server lives on");
        thread::yield_now();
    }
    fs::remove_dir_all(folder.parent().unwrap()).unwrap();
}

#[test]
#[ignore = "the other half of `the_server_dies_with_a_killed_parent`, which runs it"]
fn started_by_the_test_of_a_killed_parent() {
    if env::var_os(CHILD).is_none() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let postgres = runtime.block_on(start());
    let mut stdout = std::io::stdout();
    writeln!(stdout, "READY {}", postgres.data_directory().display()).unwrap();
    stdout.flush().unwrap();
    _ = std::io::stdin().read(&mut [0]);
}

fn postmaster_pid(data_directory: &Path) -> String {
    let file = fs::read_to_string(data_directory.join("postmaster.pid")).unwrap();
    file.lines().next().unwrap().to_owned()
}
