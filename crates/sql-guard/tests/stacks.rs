//! The answer depends on the text alone, not on the stack of the thread that asks.

use std::thread;

use sql_guard::{Accepted, Refusal, check};

/// As deep as is taken, deeper, and every depth at which the caller's stack may just do.
fn statements() -> Vec<String> {
    let nested =
        |head: &str, n: usize, tail: &str| format!("SELECT {}1{}", head.repeat(n), tail.repeat(n));
    let shapes = |n: usize| {
        [
            nested("(SELECT ", n, ")"),
            nested("CASE WHEN true THEN ", n, " END"),
            nested("abs(", n, ")"),
            nested("ARRAY[", n, "]"),
            nested("1 + ", n, ""),
            format!("SELECT 1{}", " UNION SELECT 1".repeat(n)),
            format!("SELECT a{} FROM t", "::text".repeat(n)),
        ]
    };
    (1..40).chain([60, 200, 450, 2_000]).flat_map(shapes).collect()
}

fn answers(kilobytes: usize) -> Vec<Result<Accepted, Refusal>> {
    let asking = thread::Builder::new()
        .stack_size(kilobytes * 1024)
        .spawn(|| statements().iter().map(|sql| check(sql)).collect());
    asking.expect("a thread").join().expect("no panic")
}

#[test]
fn every_stack_gives_the_same_answers() {
    let expected = answers(256 * 1024);
    assert!(expected.iter().any(Result::is_ok) && expected.iter().any(Result::is_err));
    for kilobytes in [128, 270, 400, 600, 1_100, 2_048, 8_192] {
        for (sql, (answer, expected)) in
            statements().iter().zip(answers(kilobytes).iter().zip(&expected))
        {
            assert_eq!(answer, expected, "{kilobytes} kB: {sql}");
        }
    }
}
