//! The peers in Python, each in a process of its own.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::cores::Cores;
use crate::stand::{CLUSTER, DATABASE, SECRET, Stand};

/// Runs one of `peers/` on that statement; it prints the seconds that it took without its own start.
pub(crate) async fn write(
    stand: &Stand,
    cores: Cores,
    script: &str,
    sql: &str,
) -> Result<Duration> {
    let output = tempfile::tempdir()?;
    let child = tokio::process::Command::from(cores.client(python()))
        .arg(peers().join(script))
        .args([CLUSTER, SECRET, DATABASE, sql])
        .arg(output.path().join("report.parquet"))
        .env("AWS_ENDPOINT_URL", format!("http://{}", stand.data_api))
        .env("AWS_REGION", "us-east-1")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "id")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .stderr(Stdio::inherit())
        .output()
        .await
        .with_context(|| format!("`{}` does not start; `make bench` makes it", python()))?;
    ensure!(child.status.success(), "{script} failed");
    let seconds: f64 = String::from_utf8(child.stdout)?.trim().parse()?;
    crate::told(format_args!("{script}: {seconds:.2} s"));
    Ok(Duration::from_secs_f64(seconds))
}

/// The bytes of the file that DuckDB writes of the same rows, with zstd.
pub(crate) fn size_by_duckdb(report: &Path) -> Result<u64> {
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("copy.parquet");
    let status = std::process::Command::new(python())
        .arg(peers().join("duckdb_copy.py"))
        .args([report, &copy])
        .status()?;
    ensure!(status.success(), "duckdb_copy.py failed");
    Ok(copy.metadata()?.len())
}

fn python() -> String {
    std::env::var("PYTHON").unwrap_or_else(|_| "target/bench-venv/bin/python".to_owned())
}

fn peers() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/peers"))
}
