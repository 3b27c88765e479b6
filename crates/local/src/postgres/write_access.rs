//! Can a role write to a database that is somebody's own? Asked, and told; nothing is changed.

use tokio_postgres::Config;

use super::{PostgresError, database::connect};

/// How to connect by a connection string (`postgresql://…` or `host=… user=…`).
///
/// Connections are not encrypted: a server that insists on TLS refuses them.
pub fn parse_url(url: &str) -> Result<Config, PostgresError> {
    url.parse().map_err(PostgresError::Url)
}

/// A warning when the role of `database` could change anything there: a superuser, a maker of
/// roles, databases or schemas, an owner of tables, a holder of write privileges. It is about
/// what the role may do; that its sessions start read-only (`default_transaction_read_only`) is
/// no protection, since any of them can say otherwise.
///
/// Runs one query of the catalog, in a read-only transaction.
pub async fn can_write(database: &Config) -> Result<Option<String>, PostgresError> {
    let client = connect(database).await?;
    let failed = || PostgresError::statement("ask what the role may write");
    client.batch_execute("BEGIN TRANSACTION READ ONLY").await.map_err(failed())?;
    let row = client.query_one(include_str!("write_access.sql"), &[]).await.map_err(failed())?;

    let role: String = row.get("role");
    let mut powers = Vec::new();
    for (column, what) in [
        ("superuser", "is a superuser"),
        ("creates_roles", "may create roles"),
        ("creates_databases", "may create databases"),
        ("creates_schemas", "may create schemas"),
    ] {
        powers.extend(row.get::<_, bool>(column).then(|| what.to_owned()));
    }
    for (column, what) in [
        ("creatable", "may create in a schema"),
        ("owned", "owns a table"),
        ("writable", "may change rows"),
    ] {
        let example: Option<String> = row.get(column);
        powers.extend(example.map(|example| format!("{what} (`{example}`)")));
    }
    Ok((!powers.is_empty())
        .then(|| format!("the role `{role}` can write to this database: it {}", powers.join(", "))))
}
