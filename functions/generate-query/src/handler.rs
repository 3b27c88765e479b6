//! A question in, SQL out, in the agent's envelope.

use std::time::Instant;

use aws_lambda_events::event::bedrock_agent_runtime::AgentEvent;
use jiff::Timestamp;
use lambda_shell::action_group::{self, ActionGroupAnswer, Call};
use reporting::generate::{self, GenerateRequest, Model};
use reporting::schema::SchemaReader;
use reporting::{AsOf, Error, ObjectStore};
use serde_json::json;

/// The path in the action group's OpenAPI schema.
const PATH: &str = "/generate";

pub(crate) async fn handle(
    store: &impl ObjectStore,
    catalog: &impl SchemaReader,
    model: &impl Model,
    event: AgentEvent,
    request_id: &str,
) -> Result<ActionGroupAnswer, Error> {
    let started = Instant::now();
    let outcome = generate(store, catalog, model, &event).await;
    action_group::answer(&event, request_id, started, outcome.map(|sql| json!({ "sql": sql })))
}

async fn generate(
    store: &impl ObjectStore,
    catalog: &impl SchemaReader,
    model: &impl Model,
    event: &AgentEvent,
) -> Result<String, Error> {
    let call = Call::read(event, PATH, AsOf::from_timestamp(Timestamp::now()))?;
    let request = GenerateRequest {
        question: call.require("question")?,
        previous_sql: call.optional("previous_sql"),
        error: call.optional("error"),
    };
    generate::run(store, catalog, model, call.session.as_ref(), &call.attributes, &request).await
}
