//! One turn of the agent: guardrail, pre-processing, `/generate`, `/execute`, repair, final answer.
//!
//! A real agent asks a model for each next step. This one follows the order that its instructions
//! ask for, and words its steps in the trace as a model would.

use std::error::Error;
use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::action_group::{ApiAnswer, ApiCall, HTTP_METHOD, Repair};
use super::agent::Agent;
use super::events::{Events, Halt};
use super::guardrail::{self, BLOCKED_MESSAGE};
use super::narration::{MAX_REPAIRS, NO_SQL, NOT_A_QUESTION, WHY_EXECUTE, why_generate};
use super::session::{Attributes, Session};
use super::{answer, narration, trace};

/// The version that an alias of a freshly prepared agent points to.
const AGENT_VERSION: &str = "1";

/// One request to the agent, until its last frame.
pub(super) struct Turn {
    agent: Arc<Agent>,
    session: Session,
    prompt_attributes: Attributes,
    input_text: String,
    traced: bool,
    events: Events,
    id: Uuid,
    /// Orchestration steps so far: the `n` of the trace id `<uuid>-<n>`.
    step: usize,
    /// All that the agent's model would have seen so far.
    transcript: String,
}

impl Turn {
    pub(super) fn new(
        agent: Arc<Agent>,
        session: Session,
        prompt_attributes: Attributes,
        input_text: String,
        traced: bool,
        events: Events,
    ) -> Self {
        let transcript = format!("Question: {input_text}");
        Self {
            agent,
            session,
            prompt_attributes,
            input_text,
            traced,
            events,
            id: Uuid::new_v4(),
            step: 0,
            transcript,
        }
    }

    /// Writes the whole answer: trace parts, then one chunk or one exception.
    pub(super) async fn run(mut self) {
        let ended = match self.answer().await {
            Ok(text) => {
                // The session is free before the caller can know that the turn is over.
                drop(self.session);
                self.events.chunk(&text).await
            }
            Err(halt) => self.fail(halt).await,
        };
        if let Err(halt) = ended {
            tracing::debug!(error = %halt, "an agent's answer was not read to its end");
        }
    }

    async fn fail(mut self, halt: Halt) -> Result<(), Halt> {
        let Halt::Exception { exception, message, resource } = halt else {
            return Err(halt);
        };
        self.trace(trace::failure(&self.trace_id(), &message)).await?;
        drop(self.session);
        self.events.exception(exception, &message, resource.as_deref()).await
    }

    async fn answer(&mut self) -> Result<String, Halt> {
        if self.agent.guarded {
            let assessment = guardrail::assess(&self.input_text);
            let trace_id = format!("{}-guardrail-pre-0", self.id);
            self.trace(trace::guardrail(&trace_id, assessment)).await?;
            if assessment.is_some() {
                return Ok(BLOCKED_MESSAGE.to_owned());
            }
        }
        if !self.pre_process().await? {
            return Ok(NOT_A_QUESTION.to_owned());
        }
        let text = self.answer_by_query().await?;
        self.think(&text).await?;
        self.trace(trace::final_response(&self.trace_id(), &text)).await?;
        Ok(text)
    }

    async fn pre_process(&mut self) -> Result<bool, Halt> {
        let is_valid = self.input_text.chars().any(char::is_alphanumeric);
        let rationale = if is_valid {
            "The input asks for something that the action groups can look up."
        } else {
            "The input has no words."
        };
        let trace_id = format!("{}-pre-0", self.id);
        let prompt = self.input_text.clone();
        self.trace(trace::pre_processing_input(&trace_id, &prompt)).await?;
        self.trace(trace::pre_processing_output(&trace_id, &prompt, is_valid, rationale)).await?;
        Ok(is_valid)
    }

    /// The final answer, from the preview of a query's rows or from why there is none.
    async fn answer_by_query(&mut self) -> Result<String, Halt> {
        let mut repair: Option<Repair> = None;
        let mut repairs = 0;
        loop {
            let why = why_generate(repair.is_some());
            let generate = ApiCall::generate(&self.input_text, repair.as_ref());
            let generated = self.call(generate, why).await?;
            if generated.status != 200 {
                return Ok(narration::declined(&generated.body));
            }
            let Some(sql) = generated.body["sql"].as_str() else {
                return Ok(NO_SQL.to_owned());
            };

            let executed = self.call(ApiCall::execute(sql), WHY_EXECUTE).await?;
            if executed.status == 200 {
                return Ok(answer::describe(&executed.body));
            }
            if repairs == MAX_REPAIRS || !is_repairable(&executed) {
                return Ok(narration::declined(&executed.body));
            }
            repairs += 1;
            repair = Some(Repair {
                previous_sql: sql.to_owned(),
                error: narration::message(&executed.body).to_owned(),
            });
        }
    }

    /// One step: the model's decision, the call, what came of it.
    async fn call(&mut self, call: ApiCall, why: &str) -> Result<ApiAnswer, Halt> {
        let group = call.action_group;
        let decision = format!("{why} I call {group}: {HTTP_METHOD} {}.", call.api_path);
        self.think(&decision).await?;
        self.trace(trace::rationale(&self.trace_id(), &decision)).await?;
        self.trace(trace::invocation_input(&self.trace_id(), &call)).await?;

        let lambda = Arc::clone(&self.agent.lambda);
        let payload = self.event(&call).to_string().into();
        let payload = lambda
            .invoke(group, payload)
            .await
            .map_err(|error| dependency_failed(group, "gave no answer", &error))?;
        let answer = call
            .read_answer(&payload)
            .map_err(|error| dependency_failed(group, "gave an answer that is none", &error))?;
        if let Some(attributes) = &answer.session_attributes {
            self.session.attributes.clone_from(attributes);
        }
        if let Some(attributes) = &answer.prompt_session_attributes {
            self.prompt_attributes.clone_from(attributes);
        }

        self.trace(trace::action_group_observation(&self.trace_id(), &answer.text)).await?;
        self.transcript = format!("{}\nObservation: {}", self.transcript, answer.text);
        self.step += 1;
        Ok(answer)
    }

    /// The event that the Lambda gets.
    fn event(&self, call: &ApiCall) -> Value {
        let mut event = call.event();
        event["agent"] = json!({
            "name": "quaestor",
            "id": self.agent.id,
            "alias": self.agent.alias_id,
            "version": AGENT_VERSION,
        });
        event["inputText"] = json!(self.input_text);
        event["sessionId"] = json!(self.session.id());
        event["sessionAttributes"] = json!(self.session.attributes);
        event["promptSessionAttributes"] = json!(self.prompt_attributes);
        event
    }

    async fn think(&mut self, content: &str) -> Result<(), Halt> {
        let input = trace::orchestration_input(&self.trace_id(), &self.transcript);
        let output = trace::orchestration_output(&self.trace_id(), &self.transcript, content);
        self.trace(input).await?;
        self.trace(output).await?;
        self.transcript = format!("{}\nAgent: {content}", self.transcript);
        Ok(())
    }

    async fn trace(&mut self, trace: Value) -> Result<(), Halt> {
        if !self.traced {
            return Ok(());
        }
        let part = json!({
            "agentId": self.agent.id,
            "agentAliasId": self.agent.alias_id,
            "agentVersion": AGENT_VERSION,
            "sessionId": self.session.id(),
            "eventTime": jiff::Timestamp::now().to_string(),
            "trace": trace,
        });
        self.events.trace(&part).await
    }

    fn trace_id(&self) -> String {
        format!("{}-{}", self.id, self.step)
    }
}

/// Another query may help where this one was at fault, not where the system was busy or down.
fn is_repairable(answer: &ApiAnswer) -> bool {
    (400..500).contains(&answer.status)
        && answer.status != 429
        && answer.body["error"] != "unanswerable"
}

fn dependency_failed(function: &str, what: &str, error: &dyn Error) -> Halt {
    let mut message = format!("function `{function}` {what}: {error}");
    let mut source = error.source();
    while let Some(error) = source {
        message = format!("{message}: {error}");
        source = error.source();
    }
    Halt::Exception {
        exception: "dependencyFailedException",
        message,
        resource: Some(function.to_owned()),
    }
}
