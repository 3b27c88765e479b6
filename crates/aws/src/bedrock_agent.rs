//! The agent over Bedrock InvokeAgent.

use std::time::Duration;

use aws_sdk_bedrockagentruntime::Client;
use aws_sdk_bedrockagentruntime::error::SdkError;
use aws_sdk_bedrockagentruntime::types::error::ResponseStreamError;
use aws_sdk_bedrockagentruntime::types::{GuardrailAction, ResponseStream, SessionState, Trace};
use reporting::ask::{Agent, AgentReply, AgentRequest};
use reporting::{Error, ErrorKind};

use crate::failure::{sort, with_causes};
use crate::trace;

/// An agent and its alias.
#[derive(Debug, Clone)]
pub struct BedrockAgent {
    client: Client,
    agent_id: String,
    alias_id: String,
}

impl BedrockAgent {
    /// The agent of that id, by that alias.
    pub fn new(
        client: Client,
        agent_id: impl Into<String>,
        alias_id: impl Into<String>,
    ) -> BedrockAgent {
        BedrockAgent { client, agent_id: agent_id.into(), alias_id: alias_id.into() }
    }
}

/// ask-agent has ten minutes; what is left after this is for filing how it ended.
const PATIENCE: Duration = Duration::from_secs(540);

impl Agent for BedrockAgent {
    async fn ask(&self, request: &AgentRequest) -> Result<AgentReply, Error> {
        in_time(Box::pin(self.invoke(request))).await
    }
}

/// What the agent replies while we wait for it.
pub(crate) async fn in_time(
    asking: impl Future<Output = Result<AgentReply, Error>>,
) -> Result<AgentReply, Error> {
    let late = |_| {
        Error::new(
            ErrorKind::TimedOut,
            "the agent was not done after nine minutes; word the question more plainly, or give it approved `sql`",
        )
    };
    tokio::time::timeout(PATIENCE, asking).await.map_err(late)?
}

impl BedrockAgent {
    async fn invoke(&self, request: &AgentRequest) -> Result<AgentReply, Error> {
        let state = SessionState::builder()
            .set_session_attributes(Some(request.attributes.to_map()))
            .build();
        let mut answer = self
            .client
            .invoke_agent()
            .agent_id(&self.agent_id)
            .agent_alias_id(&self.alias_id)
            .session_id(&request.session_id)
            .session_state(state)
            .enable_trace(true)
            .input_text(&request.text)
            .send()
            .await
            .map_err(|error| sort("failed to ask the agent", error))?;
        let mut reply = AgentReply::default();
        let mut words = Vec::new();
        // Errors come inside the stream, too: throttling, and a Lambda of ours that failed.
        while let Some(event) = answer.completion.recv().await.map_err(broken_off)? {
            match event {
                ResponseStream::Chunk(part) => {
                    words.extend(part.bytes.map(|bytes| bytes.into_inner()).unwrap_or_default())
                }
                ResponseStream::Trace(part) => {
                    let Some(step) = part.trace else { continue };
                    reply.blocked |= matches!(&step, Trace::GuardrailTrace(guardrail) if guardrail.action == Some(GuardrailAction::Intervened));
                    trace::add_usage(&mut reply.usage, &step);
                    reply.trace.push(trace::to_json(&step));
                }
                _ => {}
            }
        }
        reply.narrative = String::from_utf8(words).map_err(|error| {
            Error::new(ErrorKind::Unavailable, "the agent's words are not UTF-8").with_source(error)
        })?;
        Ok(reply)
    }
}

/// An exception inside the stream: the SDK gives it no code there, so its variant decides.
fn broken_off<R: std::fmt::Debug + Send + Sync + 'static>(
    error: SdkError<ResponseStreamError, R>,
) -> Error {
    use ResponseStreamError as E;
    let kind = match error.as_service_error() {
        Some(
            E::ThrottlingException(_)
            | E::ServiceQuotaExceededException(_)
            | E::ConflictException(_)
            | E::ModelNotReadyException(_),
        ) => ErrorKind::Throttled,
        Some(E::AccessDeniedException(_)) => ErrorKind::AccessDenied,
        Some(E::ResourceNotFoundException(_) | E::ValidationException(_)) => ErrorKind::Internal,
        // A dependency is a Lambda of ours or the model; a stream that ends in the middle is the network's fault.
        _ => ErrorKind::Unavailable,
    };
    let words = error.as_service_error().map(ToString::to_string);
    let words = words.unwrap_or_else(|| "the stream ended too early".to_owned());
    with_causes(Error::new(kind, format!("the agent broke off its answer: {words}")), &error)
}
