//! The loop around a handler, and the one place where a failure is logged.

use std::time::Instant;

use lambda_runtime::{Context, Diagnostic, LambdaEvent, service_fn};
use reporting::{Error, ErrorKind};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing_subscriber::EnvFilter;

/// The runtime would log each failure a second time.
const LEVELS: &str = "info,lambda_runtime=off";

/// Logs as one JSON object a line on standard output, which Lambda carries to CloudWatch. `RUST_LOG` sets the
/// level; `info` without it.
pub fn start_logs() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LEVELS));
    let logs = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_current_span(false);
    logs.with_env_filter(filter).init();
}

/// Serves invocations until the process ends. A failure is logged once, with its whole chain, and answered
/// with its `error_type` and its own message: the causes stay in the log.
pub async fn serve<In, Out, F, Fut>(handler: F) -> Result<(), lambda_runtime::Error>
where
    In: DeserializeOwned,
    Out: Serialize,
    F: Fn(In, Context) -> Fut,
    Fut: Future<Output = Result<Out, Error>>,
{
    let handler = &handler;
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<Value>| {
        let started = Instant::now();
        let request_id = event.context.request_id.clone();
        let answer = match serde_json::from_value(event.payload) {
            // Boxed: a handler's future holds those of every SDK call, too deep for one layout.
            Ok(input) => Box::pin(handler(input, event.context)).await,
            Err(error) => Err(Error::new(ErrorKind::InvalidRequest, "the event cannot be read")
                .with_source(error)),
        };
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match &answer {
            Ok(_) => tracing::info!(request_id, duration_ms, "answered"),
            Err(error) => log_failure(error, &request_id, duration_ms),
        }
        answer.map_err(|error| Diagnostic {
            error_type: error.kind().error_type().to_owned(),
            error_message: error.to_string(),
        })
    }))
    .await
}

/// One line for a failure, with its whole chain. A handler that answers a failure instead of failing (an action
/// group's) logs with this, too.
pub fn log_failure(error: &Error, request_id: &str, duration_ms: u64) {
    tracing::error!(
        request_id,
        duration_ms,
        error_type = error.kind().error_type(),
        error = chain(error),
        "failed"
    );
}

/// The error and its causes, one behind the other.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_names_every_cause() {
        let cause = "x".parse::<u8>().expect_err("no number");
        let error = Error::new(ErrorKind::Internal, "failed to read the plan").with_source(cause);
        assert_eq!(chain(&error), "failed to read the plan: invalid digit found in string");
    }
}
