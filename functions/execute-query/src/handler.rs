//! SQL in, its first rows out, in the agent's envelope.

use std::time::Instant;

use aws_lambda_events::event::bedrock_agent_runtime::AgentEvent;
use jiff::Timestamp;
use lambda_shell::action_group::{self, ActionGroupAnswer, Call};
use reporting::execute::{self, Preview, PreviewTable};
use reporting::schema::SchemaReader;
use reporting::{AsOf, Error, ObjectStore};

/// The path in the action group's OpenAPI schema.
const PATH: &str = "/execute";

pub(crate) async fn handle(
    store: &impl ObjectStore,
    database: &(impl SchemaReader + Preview),
    event: AgentEvent,
    request_id: &str,
) -> Result<ActionGroupAnswer, Error> {
    let started = Instant::now();
    let outcome = execute(store, database, &event).await;
    action_group::answer(&event, request_id, started, outcome)
}

async fn execute(
    store: &impl ObjectStore,
    database: &(impl SchemaReader + Preview),
    event: &AgentEvent,
) -> Result<PreviewTable, Error> {
    let call = Call::read(event, PATH, AsOf::from_timestamp(Timestamp::now()))?;
    let query = call.require("query")?;
    execute::run(store, database, call.session.as_ref(), &call.attributes, &query).await
}
