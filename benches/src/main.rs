//! How fast `write-report` is, beside its peers on the same stand-ins in the same run. One line each, `name: ratio`;
//! what was measured goes to standard error.
//!
//! `EXTRACTION_ROWS` (1,000,000) are read by ours and by whoever throws the bytes away, `PEER_ROWS` (50,000) by
//! the peers in Python, which are compared in rows a second. `PYTHON` has boto3, pyarrow, awswrangler and DuckDB.

mod bare;
mod clients;
mod ours;
mod python;
mod stand;
mod typed;

use std::time::Duration;

use anyhow::{Context as _, Result};
use clients::Client;
use stand::Stand;

/// The rows of the reference: 8 columns, about 249 bytes of JSON each.
const TABLE: &str = include_str!("table.sql");

/// Everybody has so many turns, and the quickest counts: whatever else the machine does makes one only slower. With
/// delayed calls they have one, since it takes long.
const TURNS: usize = 3;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => runtime.block_on(bench()),
        client => runtime.block_on(clients::run(client)),
    }
}

#[expect(clippy::print_stdout, reason = "it prints what it measured")]
async fn bench() -> Result<()> {
    let rows = number("EXTRACTION_ROWS", 1_000_000)?;
    let peer_rows = number("PEER_ROWS", 50_000)?.min(rows);
    let delay = Duration::from_millis(50);
    let stand = Stand::open(&TABLE.replace("{rows}", &rows.to_string())).await?;
    let sql = |rows: u64| format!("SELECT * FROM orders WHERE id <= {rows} ORDER BY id");

    // Its memory counts from the start of the process, which the first call makes.
    let (all, few) = (sql(rows), 100_000.min(rows / 10));
    ours::write(&stand, &sql(few / 100), few / 100).await?;
    let mut small = ours::write(&stand, &sql(few), few).await?;
    let mut ours = ours::write(&stand, &all, rows).await?;
    let mut bare = Client::Bare.drain(&stand, &all, rows).await?;
    for _ in 1..TURNS {
        small = small.or_quicker(ours::write(&stand, &sql(few), few).await?);
        ours = ours.or_quicker(ours::write(&stand, &all, rows).await?);
        bare = bare.min(Client::Bare.drain(&stand, &all, rows).await?);
    }
    println!("ours / bare client, answers at once: {:.2}", ratio(ours.time, bare));
    let times = rows as f64 / few as f64;
    println!(
        "ours, time a row, {times:.0} times the rows: {:.2}",
        ratio(ours.time, small.time) / times
    );
    println!("ours, peak memory, {times:.0} times the rows: {:.2}", ours.peak_mib / small.peak_mib);
    println!("ours, peak memory / 96 MiB: {:.2}", ours.peak_mib / 96.0);
    let typed = quickest(async || Client::Typed.drain(&stand, &all, rows).await).await?;
    println!("ours / the SDK's own cells, thrown away: {:.2}", ratio(ours.time, typed));

    stand.delay(delay);
    let late = ours::write(&stand, &all, rows).await?;
    let bare_late = Client::Bare.drain(&stand, &all, rows).await?;
    println!("ours / bare client, 50 ms a call: {:.2}", ratio(late.time, bare_late));
    stand.delay(Duration::ZERO);

    let speed = rows as f64 / ours.time.as_secs_f64();
    for (name, script, rows) in [
        ("boto3 and pyarrow", "boto3_pyarrow.py", peer_rows),
        ("awswrangler, one response", "awswrangler_rds.py", 3_000),
    ] {
        let time = quickest(async || python::write(&stand, script, &sql(rows)).await).await?;
        let theirs = rows as f64 / time.as_secs_f64();
        println!("rows a second, ours / {name}: {:.1}", speed / theirs);
    }
    let duckdb = python::size_by_duckdb(&stand.report())?;
    println!("file size, ours / DuckDB: {:.2}", ours.size_bytes as f64 / duckdb as f64);
    stand.close().await;
    Ok(())
}

/// The least time of all turns.
async fn quickest(mut turn: impl AsyncFnMut() -> Result<Duration>) -> Result<Duration> {
    let mut time = turn().await?;
    for _ in 1..TURNS {
        time = time.min(turn().await?);
    }
    Ok(time)
}

fn ratio(ours: Duration, theirs: Duration) -> f64 {
    ours.as_secs_f64() / theirs.as_secs_f64()
}

fn number(name: &str, default: u64) -> Result<u64> {
    match std::env::var(name) {
        Ok(text) => {
            text.parse().with_context(|| format!("`{name}` is no number of rows: `{text}`"))
        }
        Err(_) => Ok(default),
    }
}

/// What was measured, for a person.
#[expect(clippy::print_stderr, reason = "the ratios are on standard output")]
fn told(line: std::fmt::Arguments<'_>) {
    eprintln!("{line}");
}
