//! How fast `write-report` is, beside its peers on the same stand-ins in the same run. One line each, `name: ratio`;
//! what was measured goes to standard error.
//!
//! `EXTRACTION_ROWS` (1,000,000) are read by ours and by whoever throws the bytes away, `PEER_ROWS` (50,000) by
//! the peers in Python, which are compared in rows a second. The service has one core and each client the other, but where
//! both are shared. `PYTHON` has boto3, pyarrow, awswrangler and DuckDB.

mod bare;
mod clients;
mod cores;
mod ours;
mod python;
mod stand;
mod typed;

use std::time::Duration;

use anyhow::{Context as _, Result};
use clients::Client;
use cores::Cores;
use ours::Written;
use stand::Stand;

/// The rows of the reference: 8 columns, about 249 bytes of JSON each.
const TABLE: &str = include_str!("table.sql");

/// So many turns, an odd number. In each everybody reads the same rows one after the other, and a ratio is that of the
/// middle turn: what else the machine does lasts longer than a turn, and so slows both sides of a ratio.
const TURNS: usize = 5;

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

    // Its memory counts from the start of the process, which the first call makes, and is that of the first turn: what a
    // process had stays.
    let (all, few) = (sql(rows), 100_000.min(rows / 10));
    ours::write(&stand, &sql(few / 100), few / 100).await?;
    let cores = Cores::OneEach;
    cores.share_out()?;
    let mut turns = Vec::new();
    for _ in 0..TURNS {
        turns.push(Turn {
            few: ours::write(&stand, &sql(few), few).await?,
            ours: ours::write(&stand, &all, rows).await?,
            bare: Client::Bare.drain(&stand, cores, &all, rows).await?,
            typed: Client::Typed.drain(&stand, cores, &all, rows).await?,
        });
    }
    let ratio_to_bare = median(&turns, |turn| ratio(turn.ours.time, turn.bare));
    println!("ours / bare client, answers at once, a core each: {ratio_to_bare:.2}");
    let times = rows as f64 / few as f64;
    let time_a_row = median(&turns, |turn| ratio(turn.ours.time, turn.few.time) / times);
    println!("ours, time a row, {times:.0} times the rows: {time_a_row:.2}");
    let Turn { few, ours, .. } = &turns[0];
    println!("ours, peak memory, {times:.0} times the rows: {:.2}", ours.peak_mib / few.peak_mib);
    println!("ours, peak memory / 96 MiB: {:.2}", ours.peak_mib / 96.0);
    let ratio_to_typed = median(&turns, |turn| ratio(turn.ours.time, turn.typed));
    println!("ours / the SDK's own cells, thrown away: {ratio_to_typed:.2}");

    Cores::Shared.share_out()?;
    let mut shared = Vec::new();
    for _ in 0..TURNS {
        let ours = ours::write(&stand, &all, rows).await?;
        let bare = Client::Bare.drain(&stand, Cores::Shared, &all, rows).await?;
        shared.push(ratio(ours.time, bare));
    }
    let ratio_shared = median(&shared, |ratio| *ratio);
    println!("ours / bare client, answers at once, both cores shared: {ratio_shared:.2}");
    cores.share_out()?;

    stand.delay(delay);
    let late = ours::write(&stand, &all, rows).await?;
    let bare_late = Client::Bare.drain(&stand, cores, &all, rows).await?;
    println!("ours / bare client, 50 ms a call: {:.2}", ratio(late.time, bare_late));
    stand.delay(Duration::ZERO);

    let speed = median(&turns, |turn| rows as f64 / turn.ours.time.as_secs_f64());
    for (name, script, rows) in [
        ("boto3 and pyarrow", "boto3_pyarrow.py", peer_rows),
        ("awswrangler, one response", "awswrangler_rds.py", 3_000),
    ] {
        let mut times = Vec::new();
        for _ in 0..TURNS {
            times.push(python::write(&stand, cores, script, &sql(rows)).await?);
        }
        let theirs = median(&times, |time| rows as f64 / time.as_secs_f64());
        println!("rows a second, ours / {name}: {:.1}", speed / theirs);
    }
    let duckdb = python::size_by_duckdb(&stand.report())?;
    println!("file size, ours / DuckDB: {:.2}", ours.size_bytes as f64 / duckdb as f64);
    stand.close().await;
    Ok(())
}

/// What everybody took in one turn.
struct Turn {
    few: Written,
    ours: Written,
    bare: Duration,
    typed: Duration,
}

/// The middle one of an odd number.
fn median<T>(turns: &[T], measure: impl Fn(&T) -> f64) -> f64 {
    let mut measures: Vec<f64> = turns.iter().map(measure).collect();
    measures.sort_by(f64::total_cmp);
    measures[measures.len() / 2]
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
