//! Retry and Catch.

use crate::error::{
    ALL, DATA_LIMIT_EXCEEDED, EXCEED_TOLERATED_FAILURE_THRESHOLD, INTRINSIC_FAILURE,
    ITEM_READER_FAILED, NO_CHOICE_MATCHED, RESULT_PATH_MATCH_FAILURE, RESULT_WRITER_FAILED,
    TASK_FAILED, TIMEOUT,
};
use crate::retry::{Catcher, MAX_DELAY_SECONDS, Retrier};

use super::fields::{Fields, list};
use super::{MAX_SECONDS, state};

/// AWS names no greatest rate; one beyond this is a mistake.
const MAX_BACKOFF_RATE: f64 = 100.0;
/// The names of AWS's own that can be matched here: those that a run raises, and the two wildcards.
/// `States.Runtime` is not among them, since no Retry or Catch stops it.
const NAMES: [&str; 10] = [
    ALL,
    TASK_FAILED,
    TIMEOUT,
    DATA_LIMIT_EXCEEDED,
    EXCEED_TOLERATED_FAILURE_THRESHOLD,
    INTRINSIC_FAILURE,
    ITEM_READER_FAILED,
    NO_CHOICE_MATCHED,
    RESULT_PATH_MATCH_FAILURE,
    RESULT_WRITER_FAILED,
];

pub(super) fn retry(fields: &mut Fields<'_>) -> Vec<Retrier> {
    let elements = fields.objects("Retry");
    let count = elements.len();
    let retriers = elements.into_iter().enumerate().filter_map(|(index, mut fields)| {
        let error_equals = error_equals(&mut fields, index + 1 == count);
        let interval_seconds = fields.integer("IntervalSeconds", 1..=MAX_SECONDS).unwrap_or(1);
        let max_attempts = fields.integer("MaxAttempts", 0..=MAX_SECONDS).unwrap_or(3);
        let backoff_rate = fields.number("BackoffRate", 1.0..=MAX_BACKOFF_RATE).unwrap_or(2.0);
        let max_delay_seconds = fields.integer("MaxDelaySeconds", 1..=MAX_DELAY_SECONDS - 1);
        if max_delay_seconds.is_some_and(|longest| longest <= interval_seconds) {
            fields.problem("MaxDelaySeconds", "must be greater than `IntervalSeconds`");
        }
        let full_jitter = fields.one_of("JitterStrategy", &["FULL", "NONE"]) == Some("FULL");
        fields.done();
        Some(Retrier {
            error_equals: error_equals?,
            interval_seconds,
            max_attempts,
            backoff_rate,
            max_delay_seconds,
            full_jitter,
        })
    });
    retriers.collect()
}

pub(super) fn catch(fields: &mut Fields<'_>) -> Vec<Catcher> {
    let elements = fields.objects("Catch");
    let count = elements.len();
    let catchers = elements.into_iter().enumerate().filter_map(|(index, mut fields)| {
        let error_equals = error_equals(&mut fields, index + 1 == count);
        let result_path = state::result_path(&mut fields);
        let next = fields.required_text("Next").map(str::to_owned);
        fields.done();
        Some(Catcher { error_equals: error_equals?, result_path, next: next? })
    });
    catchers.collect()
}

fn error_equals(fields: &mut Fields<'_>, is_last: bool) -> Option<Vec<String>> {
    let value = fields.required("ErrorEquals")?;
    let names: Option<Vec<_>> = value
        .as_array()
        .and_then(|names| names.iter().map(|name| name.as_str().map(str::to_owned)).collect());
    let Some(names) = names.filter(|names| !names.is_empty()) else {
        fields.problem("ErrorEquals", "must be an array of at least one string");
        return None;
    };
    if names.iter().any(|name| name == ALL) && (names.len() > 1 || !is_last) {
        fields.problem("ErrorEquals", format!("has `{ALL}`, which must be alone and come last"));
    }
    for name in &names {
        if name.starts_with("States.") && !NAMES.contains(&name.as_str()) {
            let problem =
                format!("has `{name}`, which is not supported; of its kind are {}", list(&NAMES));
            fields.problem("ErrorEquals", problem);
        }
    }
    Some(names)
}
