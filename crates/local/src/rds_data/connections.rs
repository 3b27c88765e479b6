//! Sessions for calls without a transaction, reused after a thorough clean.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, NoTls};

use super::{Limits, error::DataError, request::Target};

/// Idle sessions kept for one secret and database.
const KEPT_IDLE: usize = 8;

/// How long a server may take to accept a connection.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);

/// The forms that [`values`](super::values) reads, whatever role and database are set to.
const SESSION: &str = "SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; \
    SET timezone = 'UTC'; SET bytea_output = 'hex'; SET extra_float_digits = 1";

/// A session with the database.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) client: Client,
    driver: JoinHandle<()>,
    key: Key,
}

/// The secret's ARN and the database.
type Key = (String, String);

impl Connection {
    /// Ends a session that may still be busy: asks the server to stop, then hangs up.
    pub(super) fn cancel(self) {
        tokio::spawn(async move {
            _ = self.client.cancel_token().cancel_query(NoTls).await;
            self.driver.abort();
        });
    }
}

#[derive(Debug, Default)]
pub(super) struct Connections {
    idle: Mutex<HashMap<Key, Vec<Connection>>>,
}

impl Connections {
    /// An idle session of this secret and database, or a new one.
    pub(super) async fn take(
        &self,
        target: &Target,
        config: &Config,
        limits: &Limits,
    ) -> Result<Connection, DataError> {
        let secret = target.secret_arn.clone().unwrap_or_default();
        let database = target.database.as_deref().filter(|name| !name.is_empty());
        let database = database.or(config.get_user()).unwrap_or_default().to_owned();
        let key = (secret, database);
        while let Some(connection) = self.pop(&key) {
            if !connection.client.is_closed() {
                return Ok(connection);
            }
        }
        tokio::time::timeout(limits.call, open(config, key))
            .await
            .unwrap_or(Err(DataError::StatementTimeout))
    }

    /// Keeps a session for the next call. The service too cleans it with `DISCARD ALL`; one that
    /// cannot be cleaned, since a call has left a transaction open, is closed.
    pub(super) async fn put_back(&self, connection: Connection) {
        let clean = async {
            connection.client.batch_execute("DISCARD ALL").await?;
            connection.client.batch_execute(SESSION).await
        };
        if clean.await.is_err() {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle.entry(connection.key.clone()).or_default();
        if kept.len() < KEPT_IDLE {
            kept.push(connection);
        }
    }

    fn pop(&self, key: &Key) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).get_mut(key)?.pop()
    }
}

async fn open(config: &Config, key: Key) -> Result<Connection, DataError> {
    let mut config = config.clone();
    config.dbname(&key.1);
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_DEADLINE);
    }
    let (client, connection) = config.connect(NoTls).await?;
    let driver = tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to the database ended");
        }
    });
    client.batch_execute(SESSION).await?;
    Ok(Connection { client, driver, key })
}
