//! Reads a result page by page and says how much came, and how fast.
//!
//! ```text
//! CLUSTER_ARN=… SECRET_ARN=… DATABASE=… cargo run --release -p data-api --example drain -- 'SELECT …'
//! ```
//!
//! Region, credentials and, for a stand-in, `AWS_ENDPOINT_URL` come from the environment as for every AWS SDK.
#![expect(clippy::print_stdout, reason = "an example for the command line")]

use std::time::{Duration, Instant};

use anyhow::Context as _;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use data_api::{DataApi, Database, Error, Limits};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let sql = std::env::args().nth(1).context("give the SQL as the one argument")?;
    let variable = |name: &str| std::env::var(name).with_context(|| format!("set `{name}`"));
    let database = Database {
        cluster_arn: variable("CLUSTER_ARN")?,
        secret_arn: variable("SECRET_ARN")?,
        name: variable("DATABASE")?,
    };
    let tls = Provider::Rustls(CryptoMode::Ring);
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().tls_provider(tls).build_https())
        .timeout_config(TimeoutConfig::builder().read_timeout(Duration::from_secs(60)).build())
        .load()
        .await;
    let api = DataApi::new(aws_sdk_rdsdata::Client::new(&config), database);

    let mut limits = Limits::default();
    while let Err(error) = drain(&api, &sql, &limits).await {
        limits = limits.after(error)?;
        println!(
            "a page was too large: once more, with at most {} rows a page",
            limits.max_page_rows
        );
    }
    Ok(())
}

async fn drain(api: &DataApi, sql: &str, limits: &Limits) -> Result<(), Error> {
    let start = Instant::now();
    let mut cursor = api.open(sql, limits).await?;
    for column in cursor.columns() {
        println!("{}: {} as {}", column.name, column.postgres_type, column.data_type);
    }
    let (mut row_count, mut batch_count) = (0, 0);
    while let Some(batch) = cursor.next_batch().await? {
        row_count += batch.num_rows();
        batch_count += 1;
    }
    let elapsed_ms = start.elapsed().as_millis();
    println!("{row_count} rows in {batch_count} batches, {elapsed_ms} ms");
    println!("{} values rounded", cursor.rounded_values());
    Ok(())
}
