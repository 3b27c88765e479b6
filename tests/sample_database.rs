//! The sample database on a PostgreSQL of the test's own, so that the test can look into it.

use local::postgres::{Postgres, Programs};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::duckdb::Row;

const NAME: &str = "university";
const SCRIPTS: [&str; 2] = [
    include_str!("../sample/university/schema.sql"),
    include_str!("../sample/university/data.sql"),
];

/// The tables that a person's SQL may read.
const USER_TABLES: &str = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables \
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1";

/// What anybody could have created, with the transactions that did: a new name, or the same name
/// made anew, changes it.
const CATALOG: &str = "SELECT relnamespace::regnamespace, relname, relkind, xmin::text FROM pg_class \
    UNION ALL SELECT pronamespace::regnamespace, proname, prokind, xmin::text FROM pg_proc \
    UNION ALL SELECT 0::oid::regnamespace, rolname, 'o', xmin::text FROM pg_authid \
    UNION ALL SELECT 0::oid::regnamespace, oid::text, 'l', xmin::text FROM pg_largeobject_metadata \
    ORDER BY 1, 2, 3, 4";

/// Gone, server and all, when dropped.
pub(crate) struct SampleDatabase {
    postgres: Postgres,
    superuser: Client,
}

impl SampleDatabase {
    pub(crate) async fn start() -> SampleDatabase {
        let programs = Programs::find().expect("`scripts/setup demo` installs PostgreSQL");
        let postgres = Postgres::start(&programs).await.expect("a server");
        let database =
            postgres.create_database_with(NAME, &SCRIPTS).await.expect("the sample database");
        let (superuser, connection) =
            database.superuser.connect(NoTls).await.expect("a connection");
        tokio::spawn(connection);
        SampleDatabase { postgres, superuser }
    }

    /// How `quaestor` connects: as the role that only reads.
    pub(crate) fn url(&self) -> String {
        self.postgres.read_only_url(NAME)
    }

    /// As a role that may do anything.
    pub(crate) fn superuser_url(&self) -> String {
        self.postgres.superuser_url(NAME)
    }

    /// The columns of a query's result: name and PostgreSQL type, as `pg_type` calls it.
    pub(crate) async fn columns(&self, sql: &str) -> Vec<(String, String)> {
        let statement =
            self.superuser.prepare(sql).await.unwrap_or_else(|why| panic!("{sql}: {why}"));
        let columns = statement.columns().iter();
        columns.map(|column| (column.name().to_owned(), column.type_().name().to_owned())).collect()
    }

    /// A query's rows in PostgreSQL's own text, each column first cast to one of `types`.
    pub(crate) async fn rows_as(&self, sql: &str, types: &[String]) -> Vec<Row> {
        let sql = sql.trim().trim_end_matches(';');
        let names: Vec<_> = (1..=types.len()).map(|number| format!("c{number}")).collect();
        let casts = names.iter().zip(types).map(|(name, kind)| format!("{name}::{kind}::text"));
        self.rows(&format!(
            "SELECT {} FROM (\n{sql}\n) AS expected ({})",
            casts.collect::<Vec<_>>().join(", "),
            names.join(", ")
        ))
        .await
    }

    /// Every row of every table, and what the catalog lists.
    pub(crate) async fn contents(&self) -> Vec<(String, Vec<Row>)> {
        let mut contents = vec![("the catalog".to_owned(), self.rows(CATALOG).await)];
        for table in self.rows(USER_TABLES).await {
            let table = table.into_iter().flatten().collect::<String>();
            let rows =
                self.rows(&format!("SELECT t.*, t.xmin FROM {table} AS t ORDER BY ctid")).await;
            contents.push((table, rows));
        }
        contents
    }

    async fn rows(&self, sql: &str) -> Vec<Row> {
        let messages = self.superuser.simple_query(sql).await;
        let messages = messages.unwrap_or_else(|why| panic!("{sql}: {why:?}"));
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        rows.map(|row| (0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()).collect()
    }
}
