//! The agent's action group `/generate`.

mod handler;

use aws::{Bucket, Clients, ConverseModel};
use lambda_shell::Environment;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda_shell::start_logs();
    let environment = Environment::of_process();
    let clients = Clients::from_environment().await;
    let bucket = Bucket::new(clients.s3(), environment.require("QUAESTOR_BUCKET")?);
    let model = ConverseModel::new(clients.bedrock(), environment.require("QUAESTOR_MODEL_ID")?);
    lambda_shell::serve(async |event, context| {
        handler::handle(&bucket, &model, event, &context.request_id).await
    })
    .await
}
