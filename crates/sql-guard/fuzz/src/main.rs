//! libFuzzer over the guard. What it finds is kept in `tests/findings`, and `tests/findings.rs`
//! runs it again in every `make test`.
//!
//! The labelled statements are its first inputs; what it learns stays in `fuzz/corpus`.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use jiff::Zoned;
use libfuzzer_sys::fuzz_target;
use sql_guard::schema::{Column, Schema, Table};
use sql_guard::{Guard, check};

/// Five times what 64 KB may take, with room for the fuzzer's counters and a busy machine.
const TOO_SLOW: Duration = Duration::from_millis(250);

static KNOWING: LazyLock<Guard> = LazyLock::new(|| {
    let column = |name: &str| Column { name: name.to_owned(), data_type: "text".to_owned() };
    let t = Table {
        schema: "public".to_owned(),
        name: "t".to_owned(),
        columns: vec![column("a"), column("b")],
        primary_key: vec!["a".to_owned()],
    };
    let schema = Schema { tables: vec![t], ..Schema::default() };
    Guard::default().taking_unrepeatable().knowing(schema)
});

fuzz_target!(
    init: write_seeds(),
    |sql: &str| {
        drop(KNOWING.check(sql));
        let Ok(accepted) = in_time(sql) else {
            return;
        };
        let as_of: Zoned = "2026-11-22T06:00[Europe/Berlin]".parse().expect("a zoned time");
        let anchored = accepted.anchor(&as_of);
        let again = check(&anchored).expect("anchored text is taken");
        assert!(again.anchors.is_empty(), "{anchored}");
        assert_eq!(again.relations, accepted.relations);
    }
);

/// Once more where it was slow, by the processor's time: another process may have had it.
fn in_time(sql: &str) -> Result<sql_guard::Accepted, sql_guard::Refusal> {
    let started = Instant::now();
    let answer = check(sql);
    if started.elapsed() > TOO_SLOW {
        let before = processor_time();
        drop(check(sql));
        let took = processor_time() - before;
        assert!(took < TOO_SLOW, "it takes {took:?}");
    }
    answer
}

/// Of all threads of this process, in hundredths of a second, from Linux.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2);
    Duration::from_millis(ticks.map(|ticks| 10 * ticks.parse::<u64>().expect("ticks")).sum())
}

fn write_seeds() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = package.join("corpus");
    std::fs::create_dir_all(&corpus).expect("a folder for the corpus");
    for file in ["benign", "hostile"] {
        let labelled = package.join(format!("../tests/corpus/{file}.jsonl"));
        let labelled = std::fs::read_to_string(labelled).expect("labelled statements");
        for (number, line) in labelled.lines().enumerate() {
            let statement: serde_json::Value = serde_json::from_str(line).expect("a statement");
            let sql = statement["sql"].as_str().expect("its text");
            std::fs::write(corpus.join(format!("{file}-{number}")), sql).expect("a seed");
        }
    }
}
