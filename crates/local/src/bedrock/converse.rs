//! Converse: `POST /model/{modelId}/converse`, text and tools, in front of the configured model.

use std::time::Instant;

use serde_json::{Value, json};

use super::conversation::{
    ContentBlock, ConverseRequest, GuardrailConfig, Message, Prompt, ToolUse,
};
use super::guardrail::{self, Assessment, BLOCKED_MESSAGE, Guardrail};
use super::openai::OpenAi;
use super::{ConfigError, Model, ServiceError, estimated_tokens, parse, tool_caller};
use crate::http::{Response, json as json_response};

/// The one model, by its id.
pub(super) struct Converse {
    model_id: String,
    backend: Backend,
    guardrail: Option<Guardrail>,
}

enum Backend {
    BuiltIn,
    OpenAi(Box<OpenAi>),
}

/// What a model says.
pub(super) struct Completion {
    pub(super) text: String,
    /// The tools that it calls.
    pub(super) calls: Vec<ToolUse>,
    pub(super) stop_reason: &'static str,
    pub(super) input_tokens: u64,
    pub(super) output_tokens: u64,
}

impl Converse {
    pub(super) fn new(
        model_id: String,
        model: Model,
        guardrail: Option<Guardrail>,
    ) -> Result<Self, ConfigError> {
        let backend = match model {
            Model::BuiltIn => Backend::BuiltIn,
            Model::OpenAi { url, model, api_key, timeout } => {
                let server = OpenAi::new(&url, model, api_key.as_deref(), timeout)?;
                Backend::OpenAi(Box::new(server))
            }
        };
        Ok(Self { model_id, backend, guardrail })
    }

    pub(super) async fn converse(
        &self,
        model_id: &str,
        body: &[u8],
    ) -> Result<Response, ServiceError> {
        self.check_model(model_id)?;
        let request: ConverseRequest = parse(body)?;
        request.check()?;
        let started = Instant::now();

        let mut trace = None;
        if let Some(config) = &request.guardrail_config {
            let assessment = self.assess(config, &request.messages)?;
            if config.trace.as_deref().is_some_and(|trace| trace != "disabled") {
                let assessment = assessment.map_or_else(|| json!({}), Assessment::to_json);
                trace = Some(json!({ "guardrail": {
                    "inputAssessment": { &config.guardrail_identifier: assessment },
                }}));
            }
            if assessment.is_some() {
                let blocked = Completion {
                    text: BLOCKED_MESSAGE.to_owned(),
                    calls: vec![],
                    stop_reason: "guardrail_intervened",
                    input_tokens: 0,
                    output_tokens: 0,
                };
                return Ok(answer(&blocked, started, trace));
            }
        }
        let completion = self.complete(request.into_prompt()).await?;
        Ok(answer(&completion, started, trace))
    }

    /// An ARN that leads to nothing is a missing resource, a bare id an invalid one.
    fn check_model(&self, model_id: &str) -> Result<(), ServiceError> {
        let is_arn = model_id.starts_with("arn:");
        let id = match model_id.rsplit_once('/') {
            Some((_, id)) if is_arn => id,
            _ => model_id,
        };
        match (id == self.model_id, is_arn) {
            (true, _) => Ok(()),
            (false, true) => Err(ServiceError::not_found(format!("no model `{model_id}`"))),
            (false, false) => Err(ServiceError::validation(format!(
                "`{model_id}` is not the identifier of a model"
            ))),
        }
    }

    /// Judges the input: what is marked as guard content, else the last message.
    fn assess(
        &self,
        config: &GuardrailConfig,
        messages: &[Message],
    ) -> Result<Option<Assessment>, ServiceError> {
        let (id, version) = (&config.guardrail_identifier, &config.guardrail_version);
        if !self.guardrail.as_ref().is_some_and(|guardrail| guardrail.is(id, version)) {
            return Err(ServiceError::validation(format!(
                "no guardrail `{id}` with a version `{version}`"
            )));
        }
        let mut marked = messages
            .iter()
            .flat_map(|message| &message.content)
            .filter(|block| matches!(block, ContentBlock::GuardContent(_)))
            .peekable();
        if marked.peek().is_some() {
            return Ok(marked.filter_map(ContentBlock::text).find_map(guardrail::assess));
        }
        let last = messages.last().map_or(&[][..], |message| &message.content);
        Ok(last.iter().filter_map(ContentBlock::text).find_map(guardrail::assess))
    }

    async fn complete(&self, prompt: Prompt) -> Result<Completion, ServiceError> {
        match &self.backend {
            Backend::OpenAi(server) => server.complete(&prompt).await,
            // A thread of its own: the translator computes, and a panic there is the model's error.
            Backend::BuiltIn => tokio::task::spawn_blocking(move || built_in(&prompt))
                .await
                .map_err(|_| ServiceError {
                    status: 424,
                    code: "ModelErrorException",
                    message: "the built-in model failed on this prompt".to_owned(),
                }),
        }
    }
}

/// The built-in model calls the tools that it knows; without them it reads the system prompt and the last
/// message, and has no memory of a dialogue.
fn built_in(prompt: &Prompt) -> Completion {
    let (text, calls) = if tool_caller::knows(&prompt.tools) {
        tool_caller::reply(&prompt.messages)
    } else {
        let user = prompt.messages.last().map(Message::text).unwrap_or_default();
        (translator::reply(&prompt.system, &user), vec![])
    };
    let called = calls.iter().map(|call| estimated_tokens(&call.input.to_string())).sum::<u64>();
    Completion {
        stop_reason: if calls.is_empty() { "end_turn" } else { "tool_use" },
        input_tokens: prompt.estimated_tokens(),
        output_tokens: estimated_tokens(&text) + called,
        text,
        calls,
    }
}

fn answer(completion: &Completion, started: Instant, trace: Option<Value>) -> Response {
    let (input, output) = (completion.input_tokens, completion.output_tokens);
    let text = (!completion.text.is_empty()).then(|| json!({ "text": completion.text }));
    let calls = completion.calls.iter().map(|call| json!({ "toolUse": call }));
    let content: Value = text.into_iter().chain(calls).collect();
    let mut answer = json!({
        "output": { "message": { "role": "assistant", "content": content } },
        "stopReason": completion.stop_reason,
        "usage": { "inputTokens": input, "outputTokens": output, "totalTokens": input + output },
        "metrics": { "latencyMs": started.elapsed().as_millis() as u64 },
    });
    if let Some(trace) = trace {
        answer["trace"] = trace;
    }
    json_response(200, &answer)
}
