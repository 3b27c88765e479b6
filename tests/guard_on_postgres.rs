//! What the guard takes runs as a superuser, and leaves the server as it was.

use std::collections::{BTreeMap, BTreeSet};

use local::postgres::{Postgres, Programs};
use sql_guard::Guard;
use sql_guard::schema::{Column, Schema, Table};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::hostile_sql::Statements;

const STATEMENTS: usize = 3_000;

/// `leak` is what a statement must not come to call: its lock outlives the transaction.
const DATABASE: &str = "
    CREATE SEQUENCE tickets;
    CREATE TYPE order_status AS ENUM ('open', 'paid');
    CREATE TABLE customers (customer_id integer PRIMARY KEY, name text);
    CREATE TABLE orders (
        order_id integer PRIMARY KEY, customer_id integer, status order_status, placed_at timestamptz,
        amount numeric(10,2), paid boolean, note text, tags text[], details jsonb);
    CREATE INDEX orders_brin ON orders USING brin (placed_at);
    CREATE INDEX orders_gin ON orders USING gin (tags);
    INSERT INTO customers SELECT n, 'name ' || n FROM generate_series(1, 4) n;
    INSERT INTO orders SELECT n, n % 4, CASE WHEN n % 2 = 0 THEN 'open' ELSE 'paid' END::order_status,
        '2026-01-01'::timestamptz + n * interval '1 day', n * 1.5, n % 3 = 0, 'note x ' || n,
        ARRAY['a', 'b'], '{\"k\": \"v\"}' FROM generate_series(1, 6) n;
    CREATE FUNCTION leak(integer) RETURNS integer LANGUAGE sql VOLATILE SECURITY DEFINER
        AS 'SELECT pg_advisory_lock(42); SELECT 1';
    CREATE FUNCTION leak(text) RETURNS integer LANGUAGE sql VOLATILE SECURITY DEFINER AS 'SELECT leak(1)';
    CREATE FUNCTION leak(orders) RETURNS integer LANGUAGE sql VOLATILE SECURITY DEFINER AS 'SELECT leak(1)';
    CREATE FUNCTION leak(record) RETURNS integer LANGUAGE plpgsql VOLATILE SECURITY DEFINER
        AS 'BEGIN RETURN leak(1); END';
    ANALYZE;";

/// As the Data API's session is set up; see `data-api/src/limits.rs`.
const BEGIN: &str = "BEGIN; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; \
    SET LOCAL statement_timeout = '500ms'; SET LOCAL lock_timeout = '100ms'; SET LOCAL work_mem = '4MB'; \
    SET LOCAL search_path = pg_catalog, public, pg_temp; SELECT 1";

/// What a session may keep. Asked of the session that ran the statement, after each.
const SESSION: &str = "SELECT 'backend', pg_backend_pid()::text \
    UNION ALL SELECT 'locks', count(*)::text FROM pg_locks WHERE locktype = 'advisory' \
    UNION ALL SELECT 'prepared', count(*)::text FROM pg_prepared_statements \
    UNION ALL SELECT 'cursors', count(*)::text FROM pg_cursors \
    UNION ALL SELECT 'channels', count(*)::text FROM pg_listening_channels() \
    UNION ALL SELECT 'transactions', pg_snapshot_xmax(pg_current_snapshot())::text";

/// What the server keeps besides its tables.
const SERVER: &str = "SELECT name, concat_ws(' ', setting, source) FROM pg_settings \
    UNION ALL SELECT 'session', concat_ws(' ', pid, usename, application_name, backend_type) FROM pg_stat_activity \
    UNION ALL SELECT 'sequence', concat_ws(' ', last_value, is_called) FROM tickets \
    UNION ALL SELECT 'slots', count(*)::text FROM pg_replication_slots \
    UNION ALL SELECT 'two-phase', count(*)::text FROM pg_prepared_xacts \
    UNION ALL SELECT 'temporary files', count(*)::text FROM pg_ls_tmpdir() \
    UNION ALL SELECT 'segments of WAL', count(*)::text FROM pg_ls_waldir() \
    UNION ALL SELECT 'segment of WAL', pg_walfile_name(pg_current_wal_insert_lsn()) \
    UNION ALL SELECT 'file', name FROM pg_ls_dir('.') AS f (name)";

/// Every table, the catalog's included.
const TABLES: &str = "SELECT oid::regclass::text, '' FROM pg_class WHERE relkind = 'r' ORDER BY 1";

struct Server {
    _postgres: Postgres,
    /// Runs the statements.
    victim: Client,
    /// Looks at what they left.
    witness: Client,
}

impl Server {
    async fn start() -> Server {
        let programs = Programs::find().expect("`scripts/setup demo` installs PostgreSQL");
        let postgres = Postgres::start(&programs).await.expect("a server");
        let database =
            postgres.create_database_with("shop", &[DATABASE]).await.expect("a database");
        let connect = async || {
            let (client, connection) =
                database.superuser.connect(NoTls).await.expect("a connection");
            tokio::spawn(connection);
            client
        };
        let (victim, witness) = (connect().await, connect().await);
        Server { _postgres: postgres, victim, witness }
    }

    async fn session(&self) -> Vec<(String, String)> {
        rows(&self.victim, SESSION).await
    }

    async fn everything(&self) -> BTreeMap<String, Vec<String>> {
        let mut all = BTreeMap::<_, Vec<String>>::new();
        for (what, value) in rows(&self.witness, SERVER).await {
            all.entry(what).or_default().push(value);
        }
        for (name, value) in rows(&self.victim, "SELECT name, setting FROM pg_settings").await {
            all.entry(format!("{name} of the session")).or_default().push(value);
        }
        for (table, _) in rows(&self.witness, TABLES).await {
            let hash = format!(
                "SELECT 'rows', concat(count(*), md5(string_agg(t.xmin || t::text, ',' ORDER BY t.ctid))) FROM {table} t"
            );
            all.insert(
                table,
                rows(&self.witness, &hash).await.into_iter().map(|(_, hash)| hash).collect(),
            );
        }
        all.values_mut().for_each(|values| values.sort());
        all
    }

    /// Whether it ran to its end.
    async fn run(&self, sql: &str) -> bool {
        self.victim.batch_execute(BEGIN).await.expect("a transaction");
        let ran = self.victim.simple_query(sql).await.is_ok();
        self.victim.batch_execute("ROLLBACK").await.expect("its end");
        ran
    }
}

#[tokio::test]
async fn what_the_guard_takes_changes_nothing_even_for_a_superuser() {
    let server = Server::start().await;
    let guard = Guard::default().knowing(schema(&server.witness).await);
    let (session, before) = (server.session().await, server.everything().await);

    let mut statements = Statements::new(6);
    let (mut taken, mut ran, mut refused_by_the_schema) = (0, 0, BTreeSet::new());
    for _ in 0..STATEMENTS {
        let sql = statements.next();
        match guard.check(&sql) {
            Ok(accepted) => {
                taken += 1;
                ran += usize::from(server.run(accepted.sql()).await);
                assert_eq!(server.session().await, session, "{sql}");
            }
            // The schema refuses nothing else than columns that would be calls.
            Err(refusal) => {
                let honest = sql_guard::check(&sql).is_ok() && !sql.contains("leak");
                if honest && server.run(&sql).await {
                    refused_by_the_schema.insert(format!("{sql}: {refusal}"));
                }
            }
        }
    }
    let after = server.everything().await;
    let changed: Vec<_> =
        before.iter().filter(|&(what, value)| after.get(what) != Some(value)).collect();
    assert!(changed.is_empty(), "{changed:#?}");
    assert_eq!(before.len(), after.len(), "something came or went");
    assert_eq!(refused_by_the_schema, BTreeSet::new());
    assert!(taken > STATEMENTS / 3 && ran > taken * 2 / 5, "{taken} were taken, {ran} of them ran");
}

/// That a statement with such an effect would be seen.
#[tokio::test]
async fn what_the_guard_refuses_would_be_seen() {
    let server = Server::start().await;
    for sql in [
        "SELECT pg_advisory_lock(7)",
        "SELECT o.leak FROM orders o",
        "SELECT pg_current_xact_id()",
        "SELECT 1; COMMIT; LISTEN c",
        "SELECT 1; COMMIT; SELECT nextval('tickets')",
        "SELECT 1; COMMIT; PREPARE p AS SELECT 1",
    ] {
        let session = server.session().await;
        assert!(server.run(sql).await, "{sql}");
        assert_ne!(server.session().await, session, "{sql}");
    }
    for sql in [
        "SELECT 1; COMMIT; SET work_mem = '1MB'",
        "SELECT 1; COMMIT; SELECT setval('tickets', 9)",
        "SELECT 1; COMMIT; UPDATE customers SET name = 'x'",
        "SELECT 1; COMMIT; ALTER ROLE CURRENT_USER SET work_mem = '2MB'",
        "SELECT 1; COMMIT; SELECT lo_create(0)",
    ] {
        let before = server.everything().await;
        assert!(server.run(sql).await, "{sql}");
        assert_ne!(server.everything().await, before, "{sql}");
    }
}

async fn rows(client: &Client, sql: &str) -> Vec<(String, String)> {
    let messages = client.simple_query(sql).await.unwrap_or_else(|why| panic!("{sql}: {why:?}"));
    let pairs = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => {
            let text = |at: usize| row.get(at).unwrap_or_default().to_owned();
            Some((text(0), text(1)))
        }
        _ => None,
    });
    pairs.collect()
}

async fn schema(client: &Client) -> Schema {
    let columns = rows(
        client,
        "SELECT relname || ' ' || attname, format_type(atttypid, atttypmod) FROM pg_attribute \
         JOIN pg_class c ON c.oid = attrelid WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace \
         AND attnum > 0 ORDER BY attnum",
    );
    let mut schema = Schema::default();
    for (place, data_type) in columns.await {
        let (table, name) = place.split_once(' ').expect("two names");
        if schema.tables.iter().all(|known| known.name != table) {
            let (schema_name, name) = ("public".to_owned(), table.to_owned());
            schema.tables.push(Table { schema: schema_name, name, ..Table::default() });
        }
        let known = schema.tables.iter_mut().find(|known| known.name == table).expect("just made");
        known.columns.push(Column { name: name.to_owned(), data_type });
    }
    schema
}
