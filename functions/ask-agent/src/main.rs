//! Asks the agent one question of a run.

mod backend;
mod handler;

use aws::{Bucket, Clients};
use lambda_shell::Environment;

use crate::backend::Backend;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda_shell::start_logs();
    let environment = Environment::of_process();
    let clients = Clients::from_environment().await;
    let bucket = Bucket::new(clients.s3(), environment.require("QUAESTOR_BUCKET")?);
    let agent = Backend::new(&environment, &clients)?;
    lambda_shell::serve(async |planned, context| {
        handler::handle(&bucket, &agent, planned, &context).await
    })
    .await
}
