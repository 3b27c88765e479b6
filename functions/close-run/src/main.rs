//! The last step of a run: every planned question has its answer.

mod audit;
mod handler;

use aws::{Bucket, Clients, GlueCatalog};
use lambda_shell::Environment;

#[tokio::main]
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
    lambda_shell::serve(async |input, _| handler::handle(&bucket, &catalog, input).await).await
}
