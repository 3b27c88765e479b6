//! A database in our own server, with the role that may only read it.

use tokio_postgres::{Client, Config, NoTls};

use super::{Postgres, PostgresError, SUPERUSER};

/// The role behind the Data API's reading secret: `SELECT` on every table of the superuser's, those that
/// he makes later among them, and nothing else.
pub const READ_ONLY_ROLE: &str = "quaestor_readonly";

/// A database that was just created: how its two roles connect.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Database {
    /// Its name.
    pub name: String,
    /// As [`READ_ONLY_ROLE`].
    pub read_only: Config,
    /// As the superuser.
    pub superuser: Config,
}

impl Postgres {
    /// Creates the database `name`, runs `scripts` in it as the superuser, each in one
    /// transaction, and lets [`READ_ONLY_ROLE`] read what they made and what the superuser will make.
    pub async fn create_database_with(
        &self,
        name: &str,
        scripts: &[&str],
    ) -> Result<Database, PostgresError> {
        let server = connect(&self.superuser("postgres")).await?;
        self.check_that_it_is_ours(&server).await?;
        let quoted = name.replace('"', "\"\"");
        server
            .batch_execute(&format!("CREATE DATABASE \"{quoted}\" TEMPLATE template0"))
            .await
            .map_err(PostgresError::statement(format!("create the database `{name}`")))?;

        let database = connect(&self.superuser(name)).await?;
        for (index, script) in scripts.iter().enumerate() {
            let action = || format!("run script {} of {}", index + 1, scripts.len());
            database
                .batch_execute(script)
                .await
                .map_err(|source| PostgresError::Statement { action: action(), source })?;
        }
        database
            .batch_execute(include_str!("read_only_role.sql"))
            .await
            .map_err(PostgresError::statement(format!("grant reading to `{READ_ONLY_ROLE}`")))?;
        Ok(Database {
            name: name.to_owned(),
            read_only: self.read_only(name),
            superuser: self.superuser(name),
        })
    }

    /// A last look before any DDL: nobody else's server may be changed by a slip.
    async fn check_that_it_is_ours(&self, server: &Client) -> Result<(), PostgresError> {
        let row = server
            .query_one("SHOW data_directory", &[])
            .await
            .map_err(PostgresError::statement("read the server's data directory"))?;
        let found: String = row.get(0);
        if self.data_directory() == std::path::Path::new(&found) {
            Ok(())
        } else {
            Err(PostgresError::NotOurs { found })
        }
    }
}

/// Roles belong to the server, not to a database, so this one is made once, at the start.
pub(super) async fn create_read_only_role(
    server: &Client,
    password: &str,
) -> Result<(), PostgresError> {
    server
        .batch_execute(&format!(
            "CREATE ROLE {READ_ONLY_ROLE} LOGIN PASSWORD '{password}';
             ALTER ROLE {READ_ONLY_ROLE} SET default_transaction_read_only = on;
             ALTER ROLE {READ_ONLY_ROLE} SET temp_file_limit = '1GB';
             REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;
             ALTER ROLE {SUPERUSER} SET client_min_messages = 'warning'"
        ))
        .await
        .map_err(PostgresError::statement(format!("create the role `{READ_ONLY_ROLE}`")))
}

/// One connection, served by a task of its own until the client is dropped.
pub(super) async fn connect(config: &Config) -> Result<Client, PostgresError> {
    let (client, connection) = config.connect(NoTls).await.map_err(PostgresError::Connect)?;
    tokio::spawn(connection);
    Ok(client)
}
