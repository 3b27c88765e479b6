//! Bedrock: an agent (InvokeAgent), a guardrail (ApplyGuardrail) and a model (Converse).
//!
//! Shapes are those that the deserializers of `aws-sdk-bedrockagentruntime` and
//! `aws-sdk-bedrockruntime` read. The agent's orchestration is fixed: no model drives it here.

mod action_group;
mod agent;
mod answer;
mod conversation;
mod converse;
mod events;
mod guardrail;
mod intent;
mod narration;
mod openai;
mod orchestration;
mod session;
#[cfg(test)]
mod tests;
mod tool_caller;
mod trace;

use std::sync::Arc;
use std::time::Duration;

use ::http::Method;
use bytes::Bytes;
use futures::future::BoxFuture;
use percent_encoding::percent_decode_str;

use self::agent::Agent;
use self::converse::Converse;
use self::guardrail::Guardrail;
use crate::http::{Request, Response, rest_error};

/// The model behind Converse.
#[derive(Clone)]
pub enum Model {
    /// The crate `translator`: deterministic, and no language model.
    BuiltIn,
    /// A server that speaks OpenAI's chat completions: Ollama, llama.cpp, vLLM.
    OpenAi {
        /// The API's base, `http` only. A bare host gets OpenAI's `/v1`
        /// (`http://localhost:11434`); a path is taken as it is (`http://localhost:11434/v1`).
        url: String,
        /// The model's name at that server.
        model: String,
        /// Sent as a bearer token.
        api_key: Option<String>,
        /// How long one completion may take before it is a `ModelTimeoutException`.
        timeout: Duration,
    },
}

/// What exists in this account.
pub(crate) struct Config {
    /// The agent's id: ten letters or digits.
    pub(crate) agent_id: String,
    /// The id of the agent's one alias: ten letters or digits.
    pub(crate) agent_alias_id: String,
    /// The model id that Converse knows, alone or as the end of an ARN.
    pub(crate) model_id: String,
    /// The id of the one guardrail, which the agent then has, too; `None`: there is no guardrail.
    pub(crate) guardrail_id: Option<String>,
    /// What answers as that model.
    pub(crate) model: Model,
}

/// A setting with which no Bedrock can be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The model's address is not a URL with a host.
    #[error("model url `{0}` is not a url such as `http://localhost:11434/v1`")]
    Url(String),
    /// There is no TLS client here.
    #[error("model url `{0}` is not plain http: only `http://` is supported here")]
    Scheme(String),
    /// The key holds what a header cannot.
    #[error("the model's api key has characters that a header cannot carry")]
    ApiKey,
}

/// How the agent reaches the Lambdas of its action groups: Invoke, `RequestResponse`.
pub(crate) trait Lambda: Send + Sync {
    /// Invokes `function` (a name) with a JSON payload and gives its JSON answer.
    /// Called once for each call of an action group; a failure is not tried again.
    fn invoke(&self, function: &str, payload: Bytes) -> BoxFuture<'_, Result<Bytes, InvokeError>>;
}

/// Why a function gave no answer: it failed, timed out, was throttled or does not exist.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct InvokeError(pub(crate) String);

/// The stand-in for both Bedrock runtime endpoints.
pub(crate) struct Bedrock {
    agent: Arc<Agent>,
    guardrail: Option<Guardrail>,
    converse: Converse,
}

impl Bedrock {
    /// Nothing is contacted before the first request.
    pub(crate) fn new(config: Config, lambda: Arc<dyn Lambda>) -> Result<Self, ConfigError> {
        let guardrail = config.guardrail_id.map(Guardrail::new);
        Ok(Self {
            agent: Arc::new(Agent::new(
                config.agent_id,
                config.agent_alias_id,
                guardrail.is_some(),
                lambda,
            )),
            converse: Converse::new(config.model_id, config.model, guardrail.clone())?,
            guardrail,
        })
    }

    /// Answers one request of either runtime service; a path that is neither's is
    /// `UnknownOperationException`.
    pub(crate) async fn handle(&self, request: Request) -> Response {
        self.route(request)
            .await
            .unwrap_or_else(|error| rest_error(error.status, error.code, &error.message))
    }

    async fn route(&self, request: Request) -> Result<Response, ServiceError> {
        let segments: Vec<_> = request
            .uri()
            .path()
            .trim_matches('/')
            .split('/')
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy())
            .collect();
        let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
        let body = request.body();
        match (request.method(), segments.as_slice()) {
            (
                &Method::POST,
                ["agents", agent, "agentAliases", alias, "sessions", session, "text"],
            ) => self.agent.invoke(agent, alias, session, body),
            (&Method::POST, ["guardrail", id, "version", version, "apply"]) => {
                guardrail::apply(self.guardrail.as_ref(), id, version, body)
            }
            (&Method::POST, ["model", model, "converse"]) => {
                self.converse.converse(model, body).await
            }
            (method, _) => Err(ServiceError {
                status: 404,
                code: "UnknownOperationException",
                message: format!("no operation `{method} {}` here", request.uri().path()),
            }),
        }
    }
}

/// An error before or instead of an answer, as the REST-JSON protocol gives it.
#[derive(Debug)]
struct ServiceError {
    status: u16,
    code: &'static str,
    message: String,
}

impl ServiceError {
    fn validation(message: impl Into<String>) -> Self {
        Self { status: 400, code: "ValidationException", message: message.into() }
    }

    fn not_found(message: impl Into<String>) -> Self {
        Self { status: 404, code: "ResourceNotFoundException", message: message.into() }
    }
}

/// Reads a request's body, or says why it is not one.
fn parse<'a, T: serde::Deserialize<'a>>(body: &'a [u8]) -> Result<T, ServiceError> {
    serde_json::from_slice(body)
        .map_err(|error| ServiceError::validation(format!("failed to read the request: {error}")))
}

/// An estimate, four characters a token: nothing here has a tokenizer.
fn estimated_tokens(text: &str) -> u64 {
    text.chars().count().div_ceil(4) as u64
}
