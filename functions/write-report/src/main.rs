//! Files a question's report.

mod columns;
mod handler;
mod parquet_writer;
mod unwritable;

use aws::{Bucket, Clients, GlueCatalog};
use data_api::{DataApi, Database};
use lambda_shell::Environment;

/// One thread reads, decodes and encodes: the service is at work on the next page meanwhile, and a function of 1 GB has less
/// than one processor for more of them ("Configure Lambda function memory" of the Lambda Developer Guide).
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda_shell::start_logs();
    let environment = Environment::of_process();
    let clients = Clients::from_environment().await;
    let bucket = Bucket::new(clients.s3(), environment.require("QUAESTOR_BUCKET")?);
    let catalog = GlueCatalog::new(
        clients.glue(),
        environment.require("QUAESTOR_GLUE_DATABASE")?,
        bucket.name(),
    );
    let database = Database {
        cluster_arn: environment.require("QUAESTOR_CLUSTER_ARN")?,
        secret_arn: environment.require("QUAESTOR_SECRET_ARN")?,
        name: environment.require("QUAESTOR_DATABASE")?,
    };
    let data_api = DataApi::new(clients.rds_data(), database);
    lambda_shell::serve(async |event, context| {
        handler::handle(&bucket, &catalog, &data_api, event, &context).await
    })
    .await
}
