//! Asks the agent one question of a run.

mod handler;

use aws::{BedrockAgent, Bucket, Clients};
use lambda_shell::Environment;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda_shell::start_logs();
    let environment = Environment::of_process();
    let clients = Clients::from_environment().await;
    let bucket = Bucket::new(clients.s3(), environment.require("QUAESTOR_BUCKET")?);
    let agent = BedrockAgent::new(
        clients.bedrock_agent(),
        environment.require("QUAESTOR_AGENT_ID")?,
        environment.require("QUAESTOR_AGENT_ALIAS_ID")?,
    );
    lambda_shell::serve(async |planned, context| {
        handler::handle(&bucket, &agent, planned, &context).await
    })
    .await
}
