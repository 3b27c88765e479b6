//! The real `write-report`, in a process of its own, as Lambda runs it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::stand::{Stand, write_report};

pub(crate) struct Written {
    pub(crate) time: Duration,
    /// The most memory that the process ever had.
    pub(crate) peak_mib: f64,
    pub(crate) size_bytes: u64,
}

/// Writes the report of those rows.
pub(crate) async fn write(stand: &Stand, sql: &str, rows: u64) -> Result<Written> {
    let event = json!({
        "run_id": "daily-1", "id": "orders", "key": "questions/daily/orders.md", "as_of": "2026-11-22T06:00:00Z",
        "partition": "2026-11-22", "schema_key": "schema/x.json", "text": "Which?", "time_zone": "UTC",
        "timeout_seconds": 40, "settled": { "sql": sql },
    });
    let started = Instant::now();
    let answer = stand.lambda.invoke("write-report", event.to_string().into()).await?;
    let time = started.elapsed();
    let told: Value = serde_json::from_slice(&answer.payload)?;
    ensure!(!answer.failed && told["row_count"] == rows, "write-report answered {told}");
    let peak_mib = peak_mib()?;
    crate::told(format_args!("ours: {rows} rows in {time:.2?}, at most {peak_mib:.1} MiB"));
    let size_bytes = told["size_bytes"].as_u64().context("a size")?;
    Ok(Written { time, peak_mib, size_bytes })
}

/// Of the function's process, which is kept for the next invocation.
fn peak_mib() -> Result<f64> {
    let program = write_report()?;
    for process in std::fs::read_dir("/proc")? {
        let folder = process?.path();
        if std::fs::read_link(folder.join("exe")).is_ok_and(|exe| exe == program) {
            let status = std::fs::read_to_string(folder.join("status"))?;
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = peak.and_then(|peak| peak.trim().split(' ').next());
            return Ok(kib.context("no peak of memory")?.parse::<f64>()? / 1024.0);
        }
    }
    anyhow::bail!("write-report is not running")
}
