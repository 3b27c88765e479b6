//! One attempt at a task.

use std::pin::pin;

use futures::future::{Either, select};
use serde_json::{Value, json};

use crate::History;
use crate::definition::Task;
use crate::environment::Environment;
use crate::error::{Failure, Fault, TIMEOUT};
use crate::path::Scope;

use super::{Run, Trail, within_limit};

pub(super) async fn run<E: Environment, H: History>(
    run: &Run<'_, E, H>,
    task: &Task,
    scope: Scope<'_>,
    trail: &mut Trail,
) -> Result<Value, Fault> {
    let parameters = match &task.parameters {
        Some(parameters) => parameters.evaluate(scope)?,
        None => scope.input.clone(),
    };
    let service = Service::of(&task.resource);
    let what = format!("The state/task '{}' was given an input with", service.kind);
    within_limit(&parameters, &what)?;
    let mut scheduled = service.details(json!({
        "parameters": parameters.to_string(),
        "region": run.execution.region(),
    }));
    if let Some(timeout) = task.timeout {
        scheduled["timeoutInSeconds"] = timeout.as_secs().into();
    }
    run.record(trail, "TaskScheduled", scheduled)?;
    run.record(trail, "TaskStarted", service.details(json!({})))?;

    let invocation = run.environment.invoke(&task.resource, parameters);
    let answer = match task.timeout {
        None => invocation.await,
        Some(timeout) => {
            match select(pin!(invocation), pin!(run.environment.sleep(timeout))).await {
                Either::Left((answer, _)) => answer,
                Either::Right(_) => {
                    let failure = Failure { error: Some(TIMEOUT.to_owned()), cause: None };
                    run.record(trail, "TaskTimedOut", service.details(failure.details()))?;
                    return Err(Fault::Failed(failure));
                }
            }
        }
    };
    let what = format!("The state/task '{}' returned a result with", service.kind);
    let checked = match answer {
        Ok(output) => within_limit(&output, &what).map(|()| output),
        Err(error) => Err(Fault::failed(&error.error, error.cause)),
    };
    match checked {
        Ok(output) => {
            let details =
                json!({"output": output.to_string(), "outputDetails": {"truncated": false}});
            run.record(trail, "TaskSucceeded", service.details(details))?;
            Ok(output)
        }
        Err(fault) => {
            let failure = fault.at("", 0);
            run.record(trail, "TaskFailed", service.details(failure.details()))?;
            Err(Fault::Failed(failure))
        }
    }
}

/// The two last parts of a resource, `arn:aws:states:::<kind>:<action>`.
struct Service<'a> {
    kind: &'a str,
    action: &'a str,
}

impl<'a> Service<'a> {
    fn of(resource: &'a str) -> Self {
        let integration = resource.rsplit(":::").next().unwrap_or(resource);
        let (kind, action) = integration.split_once(':').unwrap_or((integration, ""));
        Self { kind, action }
    }

    fn details(&self, mut details: Value) -> Value {
        details["resourceType"] = self.kind.into();
        details["resource"] = self.action.into();
        details
    }
}
