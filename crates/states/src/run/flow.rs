//! From state to state.

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};

use crate::History;
use crate::definition::{Fail, Flow, Handling, Kind, State};
use crate::environment::Environment;
use crate::error::{Failure, Fault, NO_CHOICE_MATCHED};
use crate::path::Scope;
use crate::retry::{Retries, is_matched};
use crate::template::Expression;

use super::{Run, Trail, context, input_details, map, task, within_limit};

/// What a state hands on, and to which state; none at an end.
type Step<'a> = (Value, Option<&'a str>);

/// Runs states from `flow`'s start to an end; gives the last one's output.
///
/// Boxed, since a Map state runs a flow of its own.
pub(super) fn run<'a, E: Environment, H: History>(
    run: &'a Run<'_, E, H>,
    flow: &'a Flow,
    context: Value,
    input: Value,
    trail: &'a mut Trail,
) -> BoxFuture<'a, Result<Value, Failure>> {
    async move {
        let mut visit = Visit { run, context, trail };
        let (mut data, mut next) = (input, Some(flow.start_at.as_str()));
        while let Some(name) = next {
            // Loading proved that every name in a flow leads to one of its states.
            (data, next) = visit.state(&flow.states[name], data).await?;
        }
        Ok(data)
    }
    .boxed()
}

/// One walk through a flow.
struct Visit<'a, 'r, E, H> {
    run: &'a Run<'r, E, H>,
    context: Value,
    trail: &'a mut Trail,
}

impl<E: Environment, H: History> Visit<'_, '_, E, H> {
    async fn state<'s>(&mut self, state: &'s State, input: Value) -> Result<Step<'s>, Failure> {
        let (entered_kind, exited_kind) = state.kind.events();
        let details = named(&state.name, input_details(&input));
        let entered = self
            .run
            .record(self.trail, entered_kind, details)
            .map_err(|fault| fault.at(&state.name, 0))?;
        context::enter(&mut self.context, &state.name, self.run.environment.now());
        let step = match &state.kind {
            Kind::Task(task) => self.handled(state, &task.handling, input, entered).await,
            Kind::Map(map) => self.handled(state, &map.handling, input, entered).await,
            _ => self.plain(state, input).await,
        };
        let exited = step.and_then(|(output, next)| {
            let what = format!("The state/task '{}' returned a result with", state.name);
            within_limit(&output, &what)?;
            let details = json!({
                "output": output.to_string(),
                "outputDetails": {"truncated": false},
            });
            self.run.record(self.trail, exited_kind, named(&state.name, details))?;
            Ok((output, next))
        });
        exited.map_err(|fault| fault.at(&state.name, entered))
    }

    /// A state that neither retries nor catches.
    async fn plain<'s>(&mut self, state: &'s State, input: Value) -> Result<Step<'s>, Fault> {
        let effective = state.input_path.select(input.clone(), &self.context)?;
        let scope = Scope { input: &effective, context: &self.context };
        let mut next = state.next.as_deref();
        let output = match &state.kind {
            Kind::Pass(pass) => {
                let result = match (&pass.result, &pass.parameters) {
                    (Some(result), _) => result.clone(),
                    (None, Some(parameters)) => parameters.evaluate(scope)?,
                    (None, None) => effective,
                };
                pass.result_path.apply(input, result)?
            }
            Kind::Choice(choice) => {
                let Some(decision) = choice.decide(scope)? else {
                    return Err(Fault::found(NO_CHOICE_MATCHED, "No choice rule matched"));
                };
                next = Some(decision);
                effective
            }
            Kind::Wait(duration) => {
                self.run.environment.sleep(*duration).await;
                effective
            }
            Kind::Fail(fail) => return Err(failure(fail, scope)),
            Kind::Succeed | Kind::Task(_) | Kind::Map(_) => effective,
        };
        Ok((state.output_path.select(output, &self.context)?, next))
    }

    /// A Task or a Map: tries it, again if a retrier says so, and goes to a catcher's state if that fails.
    async fn handled<'s>(
        &mut self,
        state: &'s State,
        handling: &'s Handling,
        input: Value,
        entered: u64,
    ) -> Result<Step<'s>, Fault> {
        let mut retries = Retries::new(&handling.retry);
        loop {
            context::retry(&mut self.context, retries.made());
            let failure = match self.attempt(state, handling, &input, entered).await {
                Ok(output) => return Ok((output, state.next.as_deref())),
                Err(fault) => fault.at(&state.name, entered),
            };
            let environment = self.run.environment;
            if let Some(delay) = retries.after(failure.name(), || environment.random()) {
                environment.sleep(delay).await;
                continue;
            }
            if matches!(state.kind, Kind::Map(_)) {
                self.run.record(self.trail, "MapStateFailed", None)?;
            }
            let mut catchers = handling.catch.iter();
            return match catchers.find(|catcher| is_matched(&catcher.error_equals, failure.name()))
            {
                Some(catcher) => {
                    let output = catcher.result_path.apply(input, failure.error_output())?;
                    Ok((output, Some(catcher.next.as_str())))
                }
                None => Err(Fault::Failed(failure)),
            };
        }
    }

    async fn attempt(
        &mut self,
        state: &State,
        handling: &Handling,
        input: &Value,
        entered: u64,
    ) -> Result<Value, Fault> {
        let effective = state.input_path.select(input.clone(), &self.context)?;
        let scope = Scope { input: &effective, context: &self.context };
        let result = match &state.kind {
            Kind::Task(task) => task::run(self.run, task, scope, self.trail).await?,
            Kind::Map(map) => {
                let entry = map::Entry { state: &state.name, entered };
                map::run(self.run, map, entry, scope, self.trail).await?
            }
            _ => effective.clone(),
        };
        let selected = match &handling.result_selector {
            Some(selector) => {
                selector.evaluate(Scope { input: &result, context: &self.context })?
            }
            None => result,
        };
        let combined = handling.result_path.apply(input.clone(), selected)?;
        state.output_path.select(combined, &self.context)
    }
}

fn failure(fail: &Fail, scope: Scope<'_>) -> Fault {
    let part = |expression: Option<&Expression>, field| {
        expression.map(|expression| expression.text(field, scope)).transpose()
    };
    let error = part(fail.error.as_ref(), "ErrorPath");
    let cause = part(fail.cause.as_ref(), "CausePath");
    match (error, cause) {
        (Ok(error), Ok(cause)) => Fault::Failed(Failure { error, cause }),
        (Err(fault), _) | (_, Err(fault)) => fault,
    }
}

/// Event details with the name of the state.
fn named(state: &str, mut details: Value) -> Value {
    details["name"] = state.into();
    details
}
