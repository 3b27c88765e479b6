//! What the service allows, and failures that a test may ask for.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use super::error::DataError;

/// The service's quotas; the default is what AWS documents. A test makes one small to meet it.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of one result, counted as PostgreSQL sends it: the text of every value, four bytes more
    /// for each, two for each row. (So it was measured on Aurora; the JSON is larger.)
    pub response_bytes: usize,
    /// Of one row of a result, its values' text.
    pub row_bytes: usize,
    /// Of one request's body.
    pub request_bytes: usize,
    /// Of one statement.
    pub statement_chars: usize,
    /// Sessions with the database in use at once. Ours: the service's follows the instance's size.
    pub connections: usize,
    /// Of one call.
    pub call: Duration,
    /// Between two calls of a transaction; then it is rolled back.
    pub transaction_idle: Duration,
    /// Of a whole transaction; then it is rolled back.
    pub transaction: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            response_bytes: 1024 * 1024,
            row_bytes: 64 * 1024,
            request_bytes: 4 * 1024 * 1024,
            statement_chars: 65_536,
            connections: 48,
            call: Duration::from_secs(45),
            transaction_idle: Duration::from_secs(3 * 60),
            transaction: Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// Failures that the service answers before it does anything.
#[derive(Debug, Default)]
pub struct Faults {
    throttles: AtomicU32,
    resumings: AtomicU32,
}

impl Faults {
    /// The next `count` calls are throttled.
    pub fn throttle(&self, count: u32) {
        self.throttles.store(count, Ordering::Relaxed);
    }

    /// The next `count` calls (after any that are throttled) find the cluster waking from a pause.
    pub fn resume(&self, count: u32) {
        self.resumings.store(count, Ordering::Relaxed);
    }

    pub(super) fn strike(&self) -> Result<(), DataError> {
        let strikes = |left: &AtomicU32| {
            let one_less = |count: u32| count.checked_sub(1);
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok()
        };
        if strikes(&self.throttles) {
            return Err(DataError::Throttled);
        }
        if strikes(&self.resumings) {
            return Err(DataError::Resuming);
        }
        Ok(())
    }
}
