//! The SDK as everybody uses it: each cell an object on the heap, here thrown away.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use aws_sdk_rdsdata::Client;
use aws_sdk_rdsdata::config::{BehaviorVersion, Config, Credentials, Region};

use crate::stand::{CLUSTER, DATABASE, SECRET};

/// Fetches those rows in pages like ours.
pub(crate) async fn drain(address: SocketAddr, sql: &str, rows: u64) -> Result<Duration> {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "bench"))
        .endpoint_url(format!("http://{}", address))
        .build();
    let client = Client::from_conf(config);
    let started = Instant::now();
    let begun = client.begin_transaction().resource_arn(CLUSTER).secret_arn(SECRET);
    let begun = begun.database(DATABASE).send().await?;
    let id = begun.transaction_id().context("a transaction")?;
    let execute = |sql: String| {
        let call = client.execute_statement().resource_arn(CLUSTER).secret_arn(SECRET);
        call.database(DATABASE).transaction_id(id).include_result_metadata(true).sql(sql).send()
    };
    execute(format!("DECLARE quaestor NO SCROLL CURSOR FOR {sql}")).await?;
    let (mut fetched, page) = (0, 2_600);
    while fetched < rows {
        let answer = execute(format!("FETCH FORWARD {page} FROM quaestor")).await?;
        fetched += answer.records().len() as u64;
    }
    let end = client.rollback_transaction().resource_arn(CLUSTER).secret_arn(SECRET);
    end.transaction_id(id).send().await?;
    Ok(started.elapsed())
}
