//! How long the guard takes, beside a bare parse of the same text, and the memory of one check. `make bench`
//! prints one line for each text.

#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// A report of 2 KB, as a model writes one.
const REPORT: &str = include_str!("report.sql");

fn main() {
    // `cargo test --benches` only sees that it runs.
    let rounds = if std::env::args().any(|argument| argument == "--bench") { 1_000 } else { 1 };
    measure("2 KB report", REPORT, rounds);
    let rounds = rounds.div_ceil(50);
    for (name, sql) in worst() {
        measure(name, &sql, rounds);
    }
}

/// Texts of 64 KB, each of which makes another part work.
fn worst() -> [(&'static str, String); 10] {
    let filled = |head: &str, item: &str, tail: &str| {
        let room = sql_guard::MAX_SQL_BYTES - head.len() - tail.len();
        format!("{head}{}{tail}", item.repeat(room / item.len()))
    };
    // As much of it as 20,000 tokens allow.
    let tokens = |head: &str, item: &str, each: usize, tail: &str| {
        format!("{head}{}{tail}", item.repeat(19_900 / each))
    };
    [
        ("64 KB of one string", filled("SELECT '", "x", "'")),
        ("64 KB of comments", filled("SELECT 1 ", "/* c */ ", "")),
        ("64 KB of braces", filled("SELECT '", "{9}(", "'")),
        ("64 KB of IN list", filled("SELECT 1 WHERE a IN (1", ", 1234567", ")")),
        ("20,000 tokens of columns", tokens("SELECT a", ", t.a", 4, " FROM t")),
        ("20,000 tokens of calls", tokens("SELECT 1", ", lower(a)", 5, "")),
        ("20,000 tokens of anchors", tokens("SELECT 1", ", now()", 4, "")),
        ("200 nested subqueries", format!("{}SELECT 1{}", "SELECT (".repeat(200), ")".repeat(200))),
        (
            "33 chains of 300 sums",
            tokens("SELECT 1", &format!(", 1{}", " + 1".repeat(300)), 602, ""),
        ),
        ("refused by depth", filled("SELECT ", "(", "")),
    ]
}

fn measure(name: &str, sql: &str, rounds: usize) {
    let parse = median(rounds, || drop(black_box(pg_query::parse(black_box(sql), 0))));
    forget_peak();
    let before = memory("VmRSS:");
    let check = median(rounds, || drop(black_box(sql_guard::check(black_box(sql)))));
    let peak = memory("VmHWM:").saturating_sub(before) / 1024;
    let ratio = check.as_secs_f64() / parse.as_secs_f64();
    println!("{name}: {ratio:.2} (parse {parse:.2?}, guard {check:.2?}, {peak} MB more)");
}

fn median(rounds: usize, work: impl Fn()) -> Duration {
    let mut times: Vec<_> = (0..rounds)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed()
        })
        .collect();
    times.sort();
    times.get(rounds / 2).copied().unwrap_or_default()
}

/// Kilobytes, from Linux; 0 elsewhere.
fn memory(what: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or_default()
}

/// Sets the peak of memory to what is in use now.
fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").unwrap_or_default();
}
