//! The database that the questions are about: a server of our own, or somebody's.

use tokio_postgres::Config;

use super::{ADMIN_SECRET_ARN, READ_ONLY_SECRET_ARN};
use crate::postgres::{Postgres, PostgresError, Programs, can_write, parse_url};

/// Which database.
#[derive(Clone)]
pub enum Database {
    /// A server that is started here and gone with the system.
    Embedded {
        /// The database's name.
        name: String,
        /// SQL that fills it, run in this order.
        scripts: Vec<String>,
    },
    /// Somebody's own, by its connection string. It is read with the role given; never any DDL
    /// there.
    Url(String),
}

/// A database, ready to be asked.
pub(super) struct Connected {
    pub(super) name: String,
    /// Which role each secret stands for.
    pub(super) secrets: Vec<(String, Config)>,
    pub(super) warning: Option<String>,
    pub(super) postgres: Option<Postgres>,
}

pub(super) async fn connect(database: Database) -> Result<Connected, PostgresError> {
    match database {
        Database::Embedded { name, scripts } => {
            let postgres = Postgres::start(&Programs::find()?).await?;
            let scripts: Vec<&str> = scripts.iter().map(String::as_str).collect();
            let created = postgres.create_database_with(&name, &scripts).await?;
            Ok(Connected {
                name,
                secrets: vec![
                    (READ_ONLY_SECRET_ARN.to_owned(), created.read_only),
                    (ADMIN_SECRET_ARN.to_owned(), created.superuser),
                ],
                warning: None,
                postgres: Some(postgres),
            })
        }
        Database::Url(url) => {
            let config = parse_url(&url)?;
            // Without a name PostgreSQL takes the role's, and without a role the operating system's
            // user.
            let name = config.get_dbname().or(config.get_user());
            Ok(Connected {
                name: name.unwrap_or_default().to_owned(),
                warning: can_write(&config).await?,
                secrets: vec![(READ_ONLY_SECRET_ARN.to_owned(), config)],
                postgres: None,
            })
        }
    }
}
