//! The same questions at the same as-of make the same reports.

use crate::quaestor::{DataDir, Run, read};

const CADENCE: &str = "daily";

#[tokio::test]
async fn two_machines_write_the_same_bytes() {
    let (one, other) = (DataDir::new(), DataDir::new());
    let (_, first) = one.run(&[CADENCE]).await;
    let (_, second) = other.run(&[CADENCE]).await;

    assert_eq!(first.run_id, "daily-20261122T060000Z");
    assert_eq!(first, second);
    assert_same_reports((&one, &first), (&other, &second));
}

#[tokio::test]
async fn a_rerun_has_a_name_of_its_own_and_writes_the_same_bytes() {
    let (data, earlier) = (DataDir::new(), DataDir::new());
    let (_, first) = data.run(&[CADENCE]).await;
    for report in reports(&first) {
        let copy = earlier.object(report);
        std::fs::create_dir_all(copy.parent().expect("a folder")).expect("a folder");
        std::fs::rename(data.object(report), copy).expect("the report moves");
    }
    let (_, rerun) = data.run(&[CADENCE]).await;

    assert_eq!(rerun.run_id, "daily-20261122T060000Z-r2");
    assert_eq!(first.answers, rerun.answers);
    assert_same_reports((&earlier, &first), (&data, &rerun));
    for run in [&first.run_id, &rerun.run_id] {
        assert_eq!(&data.json(&format!("runs/{run}/run.json"))["run_id"], run);
    }
}

/// Every sample question's SQL has a total order, so equal rows alone would be too little.
fn assert_same_reports(one: (&DataDir, &Run), other: (&DataDir, &Run)) {
    let keys = reports(one.1);
    assert!(!keys.is_empty(), "nothing to compare in {:#?}", one.1);
    for (key, other_key) in keys.iter().zip(reports(other.1)) {
        let same = read(&one.0.object(key)) == read(&other.0.object(other_key));
        assert!(same, "`{key}` differs");
    }
}

fn reports(run: &Run) -> Vec<&str> {
    run.answers.iter().filter_map(|answer| answer.report_key.as_deref()).collect()
}
