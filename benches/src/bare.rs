//! A client that fetches the same bytes and throws them away: one connection, no signature, no JSON.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::stand::{CLUSTER, DATABASE, SECRET};

/// What ours aims at: `Limits::page_bytes` of crates/data-api.
const PAGE_BYTES: usize = 640 * 1024;

/// Fetches those rows in pages like ours.
pub(crate) async fn drain(address: SocketAddr, sql: &str, rows: u64) -> Result<Duration> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut client = Client { sender, transaction: Value::Null };
    let started = Instant::now();
    let begun = client.call("/BeginTransaction", None).await?;
    client.transaction = serde_json::from_slice::<Value>(&begun)?["transactionId"].clone();
    client.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
    client.execute("SELECT set_config('statement_timeout', '40000', true)").await?;
    client.execute(&format!("DECLARE quaestor NO SCROLL CURSOR FOR {sql}")).await?;
    let (mut fetched, mut page, mut row_bytes) = (0, 128, 1);
    while fetched < rows {
        let answer = client.execute(&format!("FETCH FORWARD {page} FROM quaestor")).await?;
        fetched += page;
        row_bytes = row_bytes.max(answer.len() / page as usize);
        page = (PAGE_BYTES / row_bytes).clamp(1, 16_384) as u64;
    }
    client.call("/RollbackTransaction", None).await?;
    Ok(started.elapsed())
}

struct Client {
    sender: SendRequest<Full<Bytes>>,
    transaction: Value,
}

impl Client {
    async fn execute(&mut self, sql: &str) -> Result<Bytes> {
        self.call("/Execute", Some(sql)).await
    }

    async fn call(&mut self, path: &str, sql: Option<&str>) -> Result<Bytes> {
        let mut body = json!({ "resourceArn": CLUSTER, "secretArn": SECRET });
        if path != "/RollbackTransaction" {
            body["database"] = json!(DATABASE);
        }
        if !self.transaction.is_null() {
            body["transactionId"] = self.transaction.clone();
        }
        if let Some(sql) = sql {
            body["sql"] = json!(sql);
            body["includeResultMetadata"] = json!(true);
            body["resultSetOptions"] = json!({ "decimalReturnType": "STRING" });
        }
        let request = http::Request::post(path)
            .header("host", "127.0.0.1")
            .header("content-type", "application/json")
            .body(Full::from(body.to_string()))?;
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        ensure!(status.is_success(), "{}", String::from_utf8_lossy(&body[..body.len().min(500)]));
        Ok(body)
    }
}
