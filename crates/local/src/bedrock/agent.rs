//! InvokeAgent: `POST /agents/{agentId}/agentAliases/{agentAliasId}/sessions/{sessionId}/text`.

use std::sync::Arc;

use ::http::HeaderValue;
use ::http::header::CONTENT_TYPE;
use serde::Deserialize;

use super::events::Events;
use super::orchestration::Turn;
use super::session::{Attributes, Sessions};
use super::{Lambda, ServiceError, parse};
use crate::http::Response;

/// The service's own limit, in characters.
const MAX_INPUT_TEXT: usize = 25_000_000;
const ENDED: &str = "The session has ended, as the request asked.";

/// The one agent, with one alias.
pub(super) struct Agent {
    pub(super) id: String,
    pub(super) alias_id: String,
    pub(super) guarded: bool,
    pub(super) lambda: Arc<dyn Lambda>,
    sessions: Arc<Sessions>,
}

/// Fields that the stand-in does not support are refused, not ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct InvokeAgentRequest {
    input_text: Option<String>,
    #[serde(default)]
    enable_trace: bool,
    #[serde(default)]
    end_session: bool,
    #[serde(default)]
    session_state: SessionState,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct SessionState {
    session_attributes: Attributes,
    prompt_session_attributes: Attributes,
}

impl Agent {
    pub(super) fn new(
        id: String,
        alias_id: String,
        guarded: bool,
        lambda: Arc<dyn Lambda>,
    ) -> Self {
        Self { id, alias_id, guarded, lambda, sessions: Arc::default() }
    }

    /// Answers at once, with a body that streams while the agent works.
    pub(super) fn invoke(
        self: &Arc<Self>,
        agent_id: &str,
        alias_id: &str,
        session_id: &str,
        body: &[u8],
    ) -> Result<Response, ServiceError> {
        check_path(agent_id, alias_id, session_id)?;
        let request: InvokeAgentRequest = parse(body)?;
        let input_text = match request.input_text {
            Some(text) if text.chars().count() > MAX_INPUT_TEXT => {
                return Err(ServiceError::validation(format!(
                    "`inputText` has more than {MAX_INPUT_TEXT} characters"
                )));
            }
            Some(text) => text,
            None if request.end_session => String::new(),
            None => return Err(ServiceError::validation("`inputText` is missing")),
        };
        if (agent_id, alias_id) != (self.id.as_str(), self.alias_id.as_str()) {
            return Err(ServiceError::not_found(format!(
                "no agent `{agent_id}` with an alias `{alias_id}`"
            )));
        }
        let mut session = self.sessions.open(session_id)?;

        let (mut events, body) = Events::channel();
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/vnd.amazon.eventstream"));
        headers.insert(
            "x-amzn-bedrock-agent-content-type",
            HeaderValue::from_static("application/json"),
        );
        if let Ok(id) = HeaderValue::from_str(session_id) {
            headers.insert("x-amz-bedrock-agent-session-id", id);
        }

        if request.end_session {
            session.end();
            tokio::spawn(async move { events.chunk(ENDED).await });
        } else {
            session.attributes.extend(request.session_state.session_attributes);
            let turn = Turn::new(
                Arc::clone(self),
                session,
                request.session_state.prompt_session_attributes,
                input_text,
                request.enable_trace,
                events,
            );
            tokio::spawn(turn.run());
        }
        Ok(response)
    }
}

/// The patterns of the service's API reference.
fn check_path(agent_id: &str, alias_id: &str, session_id: &str) -> Result<(), ServiceError> {
    let is_id = |id: &str| id.len() == 10 && id.bytes().all(|b| b.is_ascii_alphanumeric());
    for (name, id) in [("agentId", agent_id), ("agentAliasId", alias_id)] {
        if !is_id(id) {
            return Err(ServiceError::validation(format!(
                "`{name}` must be ten letters or digits, not `{id}`"
            )));
        }
    }
    let in_session_id = |b: u8| b.is_ascii_alphanumeric() || b"._:-".contains(&b);
    if !(2..=100).contains(&session_id.len()) || !session_id.bytes().all(in_session_id) {
        return Err(ServiceError::validation(
            "`sessionId` must be 2 to 100 letters, digits or `.`, `_`, `:`, `-`",
        ));
    }
    Ok(())
}
