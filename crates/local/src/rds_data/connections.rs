//! Sessions for calls without a transaction, reused after a thorough clean.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
};
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

use super::{Limits, columns::Origins, error::DataError, request::Target};

/// Idle sessions kept, whatever their secret and database.
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
    /// Of the columns that the last `FETCH` gave: no one can change a table while a cursor reads it.
    pub(super) fetched: Mutex<Origins>,
    driver: JoinHandle<()>,
    key: Key,
    /// Its place among the sessions in use; an idle one has none.
    place: Option<OwnedSemaphorePermit>,
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

#[derive(Debug)]
pub(super) struct Connections {
    idle: Mutex<HashMap<Key, Vec<Connection>>>,
    places: Arc<Semaphore>,
}

impl Connections {
    /// With at most `in_use` sessions in use at once.
    pub(super) fn new(in_use: usize) -> Connections {
        Connections { idle: Mutex::default(), places: Arc::new(Semaphore::new(in_use)) }
    }

    /// An idle session of this secret and database, or a new one. While as many as may be are in
    /// use, the call waits for one to become free, and its time goes on.
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
        tokio::time::timeout(limits.call, async {
            let place = Arc::clone(&self.places).acquire_owned().await;
            let place = place.map_err(|_| DataError::Internal)?;
            let mut connection = match self.pop(&key) {
                Some(connection) => connection,
                None => open(config, key).await?,
            };
            connection.place = Some(place);
            Ok(connection)
        })
        .await
        .unwrap_or(Err(DataError::StatementTimeout))
    }

    /// Keeps a session for the next call. The service too cleans it with `DISCARD ALL`; one that
    /// cannot be cleaned is closed: a call has left a transaction open, or the client has prepared
    /// statements of its own, to look up a type of the database's owner, and would not know them gone.
    pub(super) async fn put_back(&self, mut connection: Connection) {
        let clean = async {
            let left = connection.client.simple_query("SELECT FROM pg_prepared_statements").await?;
            connection.client.batch_execute("DISCARD ALL").await?;
            connection.client.batch_execute(SESSION).await?;
            Ok::<_, tokio_postgres::Error>(left)
        };
        let row = |message: &SimpleQueryMessage| matches!(message, SimpleQueryMessage::Row(_));
        if !clean.await.is_ok_and(|left| !left.iter().any(row)) {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.values().map(Vec::len).sum::<usize>() < KEPT_IDLE {
            connection.place = None;
            idle.entry(connection.key.clone()).or_default().push(connection);
        }
    }

    fn pop(&self, key: &Key) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = idle.get_mut(key)?;
        std::iter::from_fn(|| idle.pop()).find(|connection| !connection.client.is_closed())
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
    Ok(Connection { client, fetched: Mutex::default(), driver, key, place: None })
}
