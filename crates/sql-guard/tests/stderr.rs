//! Alone in its program: libpg_query turns stderr aside while it parses, for all threads at once.

use std::fs;
use std::thread;

use sql_guard::check;

#[test]
fn stderr_stays_what_it_is() {
    // Linux shows it; elsewhere both are None.
    let stderr = || fs::read_link("/proc/self/fd/2").ok();
    let before = stderr();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..200).for_each(|_| drop(check("SELECT a FROM t"))));
        }
    });
    assert_eq!(stderr(), before);
}
