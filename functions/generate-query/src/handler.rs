//! A question in, SQL out, in the agent's envelope.

use std::time::Instant;

use aws_lambda_events::event::bedrock_agent_runtime::AgentEvent;
use lambda_shell::action_group::{self, ActionGroupAnswer, Call};
use reporting::generate::{self, GenerateRequest, Model};
use reporting::{Error, ObjectStore};
use serde_json::json;

/// The path in the action group's OpenAPI schema.
const PATH: &str = "/generate";

pub(crate) async fn handle(
    store: &impl ObjectStore,
    model: &impl Model,
    event: AgentEvent,
    request_id: &str,
) -> Result<ActionGroupAnswer, Error> {
    let started = Instant::now();
    let outcome = generate(store, model, &event).await;
    action_group::answer(&event, request_id, started, outcome.map(|sql| json!({ "sql": sql })))
}

async fn generate(
    store: &impl ObjectStore,
    model: &impl Model,
    event: &AgentEvent,
) -> Result<String, Error> {
    let call = Call::read(event, PATH)?;
    let request = GenerateRequest {
        question: call.require("question")?,
        previous_sql: call.optional("previous_sql"),
        error: call.optional("error"),
    };
    generate::run(store, model, &call.session, &call.attributes, &request).await
}
