//! What the fuzzer found once must not come back.

use std::fs;
use std::path::Path;

use jiff::Zoned;
use sql_guard::check;

#[test]
fn every_finding_gets_an_answer() {
    let as_of: Zoned = "2026-11-22T06:00[Europe/Berlin]".parse().expect("a zoned time");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/findings");
    for entry in fs::read_dir(&folder).expect("the folder of findings") {
        let path = entry.expect("a finding").path();
        let bytes = fs::read(&path).expect("its bytes");
        // The fuzzer, too, takes what is UTF-8 at the beginning.
        let sql = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        if let Ok(accepted) = check(sql) {
            let anchored = accepted.anchor(&as_of);
            let again = check(&anchored);
            assert!(again.is_ok_and(|again| again.anchors.is_empty()), "{}", path.display());
        }
    }
}
