//! Retriers and catchers: which errors they match, and how long a retry waits.

use std::time::Duration;

use crate::error::{ALL, DATA_LIMIT_EXCEEDED, RUNTIME, TASK_FAILED, TIMEOUT};
use crate::path::ResultPath;

/// No delay is longer: the longest that `MaxDelaySeconds` may be on AWS.
pub(crate) const MAX_DELAY_SECONDS: u64 = 31_622_400;

/// One element of Retry.
#[derive(Debug, Clone)]
pub(crate) struct Retrier {
    pub(crate) error_equals: Vec<String>,
    pub(crate) interval_seconds: u64,
    pub(crate) max_attempts: u64,
    pub(crate) backoff_rate: f64,
    pub(crate) max_delay_seconds: Option<u64>,
    pub(crate) full_jitter: bool,
}

/// One element of Catch.
#[derive(Debug, Clone)]
pub(crate) struct Catcher {
    pub(crate) error_equals: Vec<String>,
    pub(crate) result_path: ResultPath,
    pub(crate) next: String,
}

impl Retrier {
    /// The delay before this retrier's attempt number `attempt`, counted from 0.
    fn delay(&self, attempt: u64, random: impl FnOnce() -> f64) -> Duration {
        let longest = self.max_delay_seconds.unwrap_or(MAX_DELAY_SECONDS) as f64;
        let backed_off = self.interval_seconds as f64 * self.backoff_rate.powf(attempt as f64);
        let seconds = backed_off.min(longest);
        Duration::from_secs_f64(if self.full_jitter { seconds * random() } else { seconds })
    }
}

/// The retries of one visit to a state: each retrier counts its own.
pub(crate) struct Retries<'a> {
    retriers: Vec<(&'a Retrier, u64)>,
    made: u64,
}

impl<'a> Retries<'a> {
    pub(crate) fn new(retriers: &'a [Retrier]) -> Self {
        Self { retriers: retriers.iter().map(|retrier| (retrier, 0)).collect(), made: 0 }
    }

    /// How many retries there were, by any retrier: `$$.State.RetryCount`.
    pub(crate) fn made(&self) -> u64 {
        self.made
    }

    /// How long to wait before the next attempt, or none if the error stands.
    pub(crate) fn after(&mut self, error: &str, random: impl FnOnce() -> f64) -> Option<Duration> {
        let (retrier, used) = self
            .retriers
            .iter_mut()
            .find(|(retrier, _)| is_matched(&retrier.error_equals, error))?;
        if *used >= retrier.max_attempts {
            return None;
        }
        let delay = retrier.delay(*used, random);
        *used += 1;
        self.made += 1;
        Some(delay)
    }
}

/// Whether a list of error names matches an error.
pub(crate) fn is_matched(error_equals: &[String], error: &str) -> bool {
    let is_terminal = error == DATA_LIMIT_EXCEEDED || error == RUNTIME;
    error_equals.iter().any(|name| match name.as_str() {
        ALL => !is_terminal,
        TASK_FAILED => !is_terminal && error != TIMEOUT,
        name => name == error,
    })
}
