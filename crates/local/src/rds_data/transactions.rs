//! Open transactions, each a session of its own.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{Limits, connections::Connection, error::DataError, request::Target};

/// How long a call that is still running puts off the end of its transaction.
const BUSY_DELAY: Duration = Duration::from_millis(20);

/// The transactions by their ids.
#[derive(Debug)]
pub(super) struct Transactions {
    open: Mutex<HashMap<String, Arc<Transaction>>>,
    limits: Limits,
}

/// One transaction. Its connection is out of its place while a call has it, and gone for good
/// once the transaction has ended.
#[derive(Debug)]
pub(super) struct Transaction {
    connection: tokio::sync::Mutex<Option<Connection>>,
    database: Option<String>,
    started: Instant,
    last_call: Mutex<Instant>,
}

impl Transactions {
    pub(super) fn new(limits: Limits) -> Transactions {
        Transactions { open: Mutex::default(), limits }
    }

    /// Takes in a session that has begun a transaction, and gives the transaction its id.
    pub(super) fn open(
        self: &Arc<Self>,
        connection: Connection,
        database: Option<String>,
    ) -> String {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let now = Instant::now();
        let transaction = Transaction {
            connection: tokio::sync::Mutex::new(Some(connection)),
            database,
            started: now,
            last_call: Mutex::new(now),
        };
        self.table().insert(id.clone(), Arc::new(transaction));
        tokio::spawn(Arc::clone(self).end_in_time(id.clone()));
        id
    }

    pub(super) fn find(&self, id: &str) -> Result<Arc<Transaction>, DataError> {
        self.table()
            .get(id)
            .filter(|transaction| Instant::now() < transaction.end(&self.limits))
            .cloned()
            .ok_or_else(|| DataError::TransactionNotFound(id.to_owned()))
    }

    pub(super) fn forget(&self, id: &str) {
        self.table().remove(id);
    }

    /// Waits for the end of the transaction's time, which every call puts off; then hangs up,
    /// at which PostgreSQL rolls back.
    async fn end_in_time(self: Arc<Self>, id: String) {
        while let Some(transaction) = self.get(&id) {
            let end = transaction.end(&self.limits);
            if Instant::now() < end {
                drop(transaction);
                tokio::time::sleep_until(end.into()).await;
            } else if let Ok(mut place) = transaction.connection.try_lock() {
                place.take();
                self.forget(&id);
            } else {
                tokio::time::sleep(BUSY_DELAY).await;
            }
        }
    }

    fn get(&self, id: &str) -> Option<Arc<Transaction>> {
        self.table().get(id).cloned()
    }

    fn table(&self) -> MutexGuard<'_, HashMap<String, Arc<Transaction>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transaction {
    /// The place of its connection, for one call at a time.
    pub(super) fn enter(
        &self,
        target: &Target,
    ) -> Result<tokio::sync::MutexGuard<'_, Option<Connection>>, DataError> {
        if target.database.is_some() && target.database != self.database {
            return Err(DataError::BadRequest(
                "Database name is not the same as transaction's".into(),
            ));
        }
        self.connection.try_lock().map_err(|_| DataError::TransactionBusy)
    }

    /// Notes that a call has just ended.
    pub(super) fn touch(&self) {
        *self.last_call.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn end(&self, limits: &Limits) -> Instant {
        let last_call = *self.last_call.lock().unwrap_or_else(PoisonError::into_inner);
        (last_call + limits.transaction_idle).min(self.started + limits.transaction)
    }
}
