//! The agent over Bedrock Converse: our own bounded tool loop, for accounts without Bedrock Agents.
//!
//! The model has two tools, which are the agent's two action groups: each call invokes the same Lambda
//! with the same event. The guardrail judges the question before anything else, since Converse lets it
//! see neither a tool's input nor its result, and it stands on every Converse call besides.

mod action_group;
mod document;
mod guardrail;
mod steps;
mod tools;
mod turn;

use std::collections::BTreeSet;

use aws_sdk_bedrockruntime::types::{ContentBlock, Message, StopReason};
use reporting::ask::{Agent, AgentReply, AgentRequest};
use reporting::{Error, ErrorKind};

use self::guardrail::Guardrail;
use self::steps::Steps;
use self::turn::Turn;
use crate::Clients;
use crate::bedrock_agent::in_time;

/// Question, query, preview and two repairs take seven turns of the model.
const MAX_TURNS: usize = 8;
/// A turn may call more than one tool. This many calls in all are more than any question needs.
const MAX_CALLS: usize = 16;

/// A model, the guardrail before it, and the Lambdas behind its tools.
#[derive(Debug, Clone)]
pub struct ConverseAgent {
    bedrock: aws_sdk_bedrockruntime::Client,
    lambda: aws_sdk_lambda::Client,
    guardrail: Guardrail,
    settings: ConverseSettings,
}

/// What the loop works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConverseSettings {
    /// A model that can call tools: its id or inference profile.
    pub model_id: String,
    /// The guardrail: its id or ARN.
    pub guardrail_id: String,
    /// `DRAFT` or a number.
    pub guardrail_version: String,
    /// The Lambda of `/generate`: its name or ARN.
    pub generate_function: String,
    /// The Lambda of `/execute`: its name or ARN.
    pub execute_function: String,
}

impl ConverseAgent {
    /// An agent of those settings.
    pub fn new(clients: &Clients, settings: ConverseSettings) -> ConverseAgent {
        let guardrail = Guardrail {
            id: settings.guardrail_id.clone(),
            version: settings.guardrail_version.clone(),
        };
        ConverseAgent { bedrock: clients.bedrock(), lambda: clients.lambda(), guardrail, settings }
    }
}

impl Agent for ConverseAgent {
    async fn ask(&self, request: &AgentRequest) -> Result<AgentReply, Error> {
        in_time(Box::pin(self.converse(request))).await
    }
}

/// How the loop goes on after a turn.
enum Next {
    /// With the tools' results.
    Results(Vec<ContentBlock>),
    /// Not at all, for this reason.
    Stop(String),
}

impl ConverseAgent {
    async fn converse(&self, request: &AgentRequest) -> Result<AgentReply, Error> {
        let mut steps = Steps::new(&request.session_id);
        let refusal = self.guardrail.judge(&self.bedrock, &request.text).await?;
        steps.guardrail(refusal.is_some());
        if let Some(words) = refusal {
            return Ok(steps.into_reply(words, true));
        }
        let question = self.guardrail.content(&request.text)?;
        let mut messages = vec![turn::user(vec![question])?];
        let mut called = BTreeSet::new();
        for _ in 0..MAX_TURNS {
            let turn = self.turn(&messages, &mut steps).await?;
            let words = turn.words();
            if turn.stop_reason == StopReason::GuardrailIntervened {
                steps.guardrail(true);
                return Ok(steps.into_reply(words, true));
            }
            if let Some(reason) = turn.broken_off() {
                steps.failure(&reason);
                return Ok(steps.into_reply(words, false));
            }
            if turn.calls().next().is_none() {
                if words.is_empty() {
                    steps.failure("the model ended without a word");
                } else {
                    steps.finish(&words);
                }
                return Ok(steps.into_reply(words, false));
            }
            if !words.is_empty() {
                steps.rationale(&words);
            }
            match self.call_tools(request, &turn, &mut called, &mut steps).await? {
                Next::Results(results) => {
                    messages.push(turn.message);
                    messages.push(turn::user(results)?);
                }
                Next::Stop(reason) => {
                    steps.failure(&reason);
                    return Ok(steps.into_reply(words, false));
                }
            }
        }
        steps.failure(&format!("the model was not done after {MAX_TURNS} turns"));
        Ok(steps.into_reply(String::new(), false))
    }

    async fn turn(&self, messages: &[Message], steps: &mut Steps) -> Result<Turn, Error> {
        steps.model_input(&self.settings.model_id, messages.last());
        let reply = self
            .bedrock
            .converse()
            .model_id(&self.settings.model_id)
            .system(turn::system())
            .set_messages(Some(messages.to_vec()))
            .inference_config(turn::inference())
            .tool_config(tools::configuration()?)
            .guardrail_config(self.guardrail.configuration())
            .send()
            .await
            .map_err(|error| {
                crate::failure::sort(
                    format!("the model `{}` failed", self.settings.model_id),
                    error,
                )
            })?;
        let turn = Turn::read(reply).ok_or_else(|| {
            Error::new(
                ErrorKind::Unavailable,
                format!("the model `{}` answered without a message", self.settings.model_id),
            )
        })?;
        steps.model_output(&turn);
        Ok(turn)
    }

    /// Calls the tools of one turn, one after the other: an attempt has its place in the order.
    async fn call_tools(
        &self,
        request: &AgentRequest,
        turn: &Turn,
        called: &mut BTreeSet<String>,
        steps: &mut Steps,
    ) -> Result<Next, Error> {
        let mut results = Vec::new();
        for call in turn.calls() {
            if !called.insert(format!("{} {}", call.name, document::to_json(&call.input))) {
                return Ok(Next::Stop(format!(
                    "the model made the same call of `{}` twice",
                    call.name
                )));
            }
            if called.len() > MAX_CALLS {
                return Ok(Next::Stop(format!("the model made more than {MAX_CALLS} calls")));
            }
            let body = match tools::read(call) {
                Ok(action) => {
                    steps.invocation(&action);
                    let function = match action.tool {
                        tools::Tool::GenerateQuery => &self.settings.generate_function,
                        tools::Tool::ExecuteQuery => &self.settings.execute_function,
                    };
                    let body =
                        action_group::invoke(&self.lambda, function, &action, request).await?;
                    steps.observation(&body);
                    body
                }
                Err(malformed) => {
                    let body = malformed.to_body();
                    steps.reprompt(&body);
                    body
                }
            };
            results.push(tools::result(call, body)?);
        }
        steps.next();
        Ok(Next::Results(results))
    }
}

/// What an SDK's builder says of a field that we left out: a defect.
fn unbuilt(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Internal, "failed to write a request to the model").with_source(error)
}
