//! Makes the role that only reads a database, and takes it away again.
//!
//! It is the `onEvent` handler of CDK's Provider framework: it returns `{ PhysicalResourceId, Data }` or fails, and the
//! framework answers CloudFormation. So there is no HTTP client of ours, no URL in an event that could make us send
//! something elsewhere, and a time-out of this function still ends the deployment. The same event, without
//! CloudFormation's own members, invokes it directly:
//!
//! ```json
//! { "RequestType": "Create", "ResourceProperties": { "ClusterArn": "…", "AdminSecretArn": "…", "RoleSecretArn": "…",
//!   "Database": "university", "Schemas": ["academics", "staff"], "RevokePublicExecute": true } }
//! ```

mod admin;
mod catalog;
mod check;
mod handler;
mod properties;
mod provision;
mod quote;
mod role;
mod secrets;
mod statements;

use aws::Clients;

use crate::handler::Handler;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda_shell::start_logs();
    let clients = Clients::from_environment().await;
    let handler = Handler::new(clients.rds_data(), clients.secrets_manager());
    lambda_shell::serve(async |event, _| handler.handle(event).await).await
}
