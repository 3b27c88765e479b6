//! The agent's action group `/generate`.

mod handler;

use aws::{Bucket, Clients, ConverseModel, ReportDatabase};
use lambda_shell::Environment;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda_shell::start_logs();
    let environment = Environment::of_process();
    let clients = Clients::from_environment().await;
    let bucket = Bucket::new(clients.s3(), environment.require("QUAESTOR_BUCKET")?);
    let database = ReportDatabase::new(
        clients.rds_data(),
        environment.require("QUAESTOR_CLUSTER_ARN")?,
        environment.require("QUAESTOR_SECRET_ARN")?,
        environment.require("QUAESTOR_DATABASE")?,
    );
    let model = ConverseModel::new(clients.bedrock(), environment.require("QUAESTOR_MODEL_ID")?);
    lambda_shell::serve(async |event, context| {
        handler::handle(&bucket, &database, &model, event, &context.request_id).await
    })
    .await
}
