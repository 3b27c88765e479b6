//! What holds for every text.

mod tree;

use jiff::Zoned;
use proptest::prelude::*;
use sql_guard::{MAX_SQL_BYTES, check};

/// Fragments that reach deeper than random characters do.
const FRAGMENTS: [&str; 44] = [
    "SELECT",
    "FROM",
    "t",
    "(",
    ")",
    ",",
    "now()",
    "current_date",
    "'today'",
    "::date",
    "::timestamptz",
    "1",
    "+",
    "WHERE",
    "WITH x AS",
    "UNION",
    "CASE WHEN",
    "THEN",
    "ELSE",
    "END",
    "AS",
    "age(",
    "[",
    "]",
    ".",
    "*",
    "OVER",
    "ORDER BY",
    "current_timestamp(3)",
    "localtime",
    "/* c */",
    "-- c\n",
    ";",
    "é",
    "U&'\\0061'",
    "$$x$$",
    "E'\\''",
    "JSON_TABLE",
    "EXTRACT(year FROM",
    "AT TIME ZONE",
    "IN",
    "repeat(",
    "'x'",
    "BETWEEN",
];

fn as_of(seconds: i64) -> Zoned {
    let instant = jiff::Timestamp::from_second(seconds).expect("in range");
    instant.in_tz("Europe/Berlin").expect("a known zone")
}

/// What must hold once a text was answered.
fn hold(sql: &str, as_of: &Zoned) -> Result<(), TestCaseError> {
    match check(sql) {
        Err(refusal) => {
            prop_assert!(!refusal.to_string().contains('\n'));
            prop_assert!(refusal.position.is_none_or(|at| at <= sql.len()));
            prop_assert!(refusal.excerpt(sql).lines().count() <= 2);
        }
        Ok(accepted) => {
            prop_assert!(sql.contains(accepted.sql()));
            let anchored = accepted.anchor(as_of);
            let again = check(&anchored);
            prop_assert!(again.is_ok(), "{anchored}: {again:?}");
            let again = again.expect("checked above");
            prop_assert!(again.anchors.is_empty(), "{anchored}");
            prop_assert_eq!(&again.anchor(as_of), &anchored);
            prop_assert_eq!(&again.relations, &accepted.relations);
            let trees = [accepted.sql(), &anchored].map(tree::without_moments);
            prop_assert_eq!(&trees[0], &trees[1], "{}", anchored);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_gets_an_answer(text in any::<String>(), seconds in 0_i64..4_000_000_000) {
        hold(&text, &as_of(seconds))?;
        hold(&format!("SELECT {text}"), &as_of(seconds))?;
    }

    #[test]
    fn any_mix_of_fragments_gets_an_answer(
        parts in proptest::collection::vec(proptest::sample::select(&FRAGMENTS[..]), 0..24),
        seconds in 0_i64..4_000_000_000,
    ) {
        hold(&parts.join(" "), &as_of(seconds))?;
        hold(&format!("SELECT {}", parts.join(" ")), &as_of(seconds))?;
    }

    #[test]
    fn anchored_text_is_taken_and_moves_no_more(
        items in proptest::collection::vec(expression(), 1..5),
        seconds in 0_i64..4_000_000_000,
    ) {
        let sql = format!("SELECT {} FROM t", items.join(", "));
        prop_assert!(check(&sql).is_ok(), "{sql}: {:?}", check(&sql));
        hold(&sql, &as_of(seconds))?;
    }
}

/// An expression in which time stands somewhere.
fn expression() -> impl Strategy<Value = String> {
    let moment = prop_oneof![
        Just("now()"),
        Just("pg_catalog . now ( )"),
        Just("transaction_timestamp()"),
        Just("CURRENT_TIMESTAMP /* c */ (3)"),
        Just("current_date"),
        Just("LOCALTIMESTAMP"),
        Just("'Tomorrow'::date"),
        Just("timestamptz 'now'"),
    ];
    moment.prop_map(str::to_owned).prop_recursive(4, 16, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| format!("({a})::text")),
            inner.clone().prop_map(|a| format!("CAST({a} AS date)")),
            inner.clone().prop_map(|a| format!("age({a})")),
            inner
                .clone()
                .prop_map(|a| format!("CASE WHEN a IS DISTINCT FROM b THEN 1 ELSE {a} END")),
            inner.clone().prop_map(|a| format!("(SELECT {a})")),
            inner
                .clone()
                .prop_map(|a| format!("{a} AS \"from\""))
                .prop_map(|a| format!("(SELECT {a})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("coalesce({a}, {b})")),
        ]
    })
}

#[test]
fn size_and_depth_are_bounded() {
    let check = |name: &str, sql: String, expected: Option<&str>| {
        let construct = check(&sql).err().map(|refusal| refusal.construct);
        assert_eq!(construct.as_deref(), expected, "{name}");
    };
    let chain = |n: usize| format!("SELECT 1{}", " + 1".repeat(n));
    let nested = |n: usize| format!("SELECT {}1{}", "(SELECT ".repeat(n), ")".repeat(n));
    let union = |n: usize| format!("SELECT 1{}", " UNION SELECT 1".repeat(n));
    check("300 sums", chain(300), None);
    check("600 sums", chain(600), Some("nesting"));
    check("5,000 sums", chain(5_000), Some("nesting"));
    check("60 subqueries", nested(60), None);
    check("5,000 subqueries", nested(5_000), Some("nesting"));
    check("300 arms", union(300), None);
    check("1,400 arms", union(1_400), Some("nesting"));
    let labels = |n: usize| format!("SELECT {}1{}", "(SELECT 1 end, ".repeat(n), ")".repeat(n));
    check("2,000 labels", labels(2_000), Some("nesting"));
    check("300 branches", format!("SELECT CASE{} END", " WHEN a = 1 THEN 'x'".repeat(300)), None);
    check("400 conditions", format!("SELECT 1 WHERE a{}", " AND a <> 'x'".repeat(400)), None);
    check("4,000 arms", union(4_000), Some("nesting"));
    check("3,000 conditions", format!("SELECT 1 WHERE a{}", " AND a".repeat(3_000)), None);
    check("9,000 values", format!("SELECT 1 WHERE a IN (1{})", ", 1".repeat(9_000)), None);
    check("the longest", format!("SELECT '{}'", "x".repeat(MAX_SQL_BYTES - 9)), None);
    check("too long", format!("SELECT '{}'", "x".repeat(MAX_SQL_BYTES)), Some("statement"));
    check("open parentheses", format!("SELECT {}", "(".repeat(15_000)), Some("nesting"));
}
