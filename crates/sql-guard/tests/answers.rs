//! What is refused and why, what an accepted text is said to read, and how it is anchored.

use jiff::Zoned;
use sql_guard::{Refusal, check};

fn accepted(sql: &str) -> sql_guard::Accepted {
    check(sql).unwrap_or_else(|refusal| panic!("{sql}: {refusal}"))
}

fn as_of() -> Zoned {
    "2026-11-22T01:30:05.25+01:00[Europe/Berlin]".parse().expect("a zoned time")
}

/// More than MAX_DEPTH of them.
#[test]
fn what_stands_side_by_side_is_no_depth() {
    for one in ["abs(1)", "(SELECT 1)", "CASE WHEN true THEN 1 END"] {
        accepted(&format!("SELECT {}", vec![one; 600].join(", ")));
    }
}

#[test]
fn a_refusal_names_the_construct_and_its_place() {
    let check = |sql: &str, construct: &str, position: Option<usize>| {
        let refusal = check(sql).expect_err(sql);
        assert_eq!((refusal.construct.as_str(), refusal.position), (construct, position), "{sql}");
    };
    check("", "statement", None);
    check(" \n", "statement", None);
    check("-- nothing", "statement", None);
    check(";", "statement", None);
    check("SELECT '\0'", " ", Some(8));
    check(" COMMIT", "COMMIT", Some(1));
    check("/* x */ delete from t", "DELETE", Some(8));
    check("SELECT 1; SELECT 2", ";", Some(8));
    check("SELECT pg_sleep(1)", "pg_sleep", Some(7));
    check("; SELECT pg_sleep(1)", "pg_sleep", Some(9));
    check("SELECT 'é', U&\"pg\\005fsleep\"(1)", "pg_sleep", Some(13));
    check("SELECT public.f(1)", "public.f", Some(7));
    check("SELECT left(1)", "left", Some(7));
    check("SELECT a FROM t FOR UPDATE", "FOR UPDATE", Some(16));
    check("SELECT a INTO x FROM t", "INTO", Some(14));
    check("WITH d AS (DELETE FROM t RETURNING a) SELECT a FROM d", "DELETE", Some(5));
    check("WITH d AS (UPDATE t SET a = 1 RETURNING a) TABLE d", "UPDATE", Some(5));
    check(
        "WITH d AS (MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE RETURNING 1) TABLE d",
        "MERGE",
        Some(5),
    );
    check("WITH d AS (SELECT 1) INSERT INTO t SELECT 1", "INSERT", Some(0));
    check("SELECT * FROM pg_shadow", "pg_shadow", Some(14));
    check("SELECT * FROM information_schema.routines", "information_schema.routines", Some(14));
    check("SELECT * FROM a.b.c", "a.b.c", Some(14));
    check("SELECT * FROM XMLTABLE('/a' PASSING b COLUMNS c int)", "XMLTABLE", Some(14));
    check("SELECT * FROM now()", "now", Some(14));
    check("SELECT * FROM current_date", "current_date", Some(14));
    check("SELECT * FROM CAST(now() AS date)", "now", Some(14));
    check("SELECT x::regclass", "regclass", Some(10));
    check("SELECT 1 OPERATOR(s.+) 2", "s.+", Some(9));
    check("SELECT g.pg_sleep FROM generate_series(1, 2) g", "pg_sleep", Some(7));
    check("SELECT (g).pg_sleep FROM generate_series(1, 2) g", "pg_sleep", None);
    check("SELECT (lower(a)).leak FROM t", "leak", None);
    check("SELECT repeat('x', 1000000000)", "repeat", Some(7));
    check("SELECT 'x' ~ '((a{99}){99}){99}'", "{…}", Some(13));
    check("SELECT * FROM t WHERE d > 'today'", "'today'", Some(26));
    check("SELECT ('to' || 'day')::date", "date", None);
    check("SELECT a FROM t WHERE", "statement", None);
    check("SELECT a FRM t WHERE t", "t", None);
    check("SELECT a FRM t WHERE b", "t", Some(13));
    check("SELECT a FROM t GROUP WHERE", "WHERE", Some(22));
    check("SELECT $1", "$1", Some(7));
    check("SELECT ('to' || 'day')::date", "date", None);
    check("SELECT (g).leak FROM generate_series(1, 2) g", "leak", None);
    check("SELECT (lower(a)).leak FROM t", "leak", None);
    check("SELECT * FROM t TABLESAMPLE evil (1)", "evil", Some(28));
    // What is too large as a whole stands nowhere.
    check(&format!("SELECT '{}'", "x".repeat(70_000)), "statement", None);
    check(&format!("SELECT 1{}", ", 1".repeat(11_000)), "statement", None);
    check(&format!("SELECT 1{}", " + 1".repeat(600)), "nesting", None);
    check(&format!("SELECT {}", "(".repeat(15_000)), "nesting", None);
    check(&format!("SELECT 1 {}", "/**/".repeat(400)), "/*", None);
}

#[test]
fn a_refusal_is_one_line_to_act_on() {
    let check = |sql: &str, expected: &str| {
        assert_eq!(
            check(sql).as_ref().map_err(Refusal::to_string).err().as_deref(),
            Some(expected)
        );
    };
    check(
        "SELECT random()",
        "`random` at byte 7 is refused: it gives another answer in every run; \
         order by a column, or use TABLESAMPLE … REPEATABLE (seed)",
    );
    check(
        "SELECT nextval('s')",
        "`nextval` at byte 7 is refused: it belongs to a sequence; write row_number() OVER (ORDER BY …)",
    );
}

#[test]
fn the_reason_is_that_of_the_functions_kind() {
    let check = |call: &str, reason: &str, instead: &str| {
        let refusal = check(&format!("SELECT {call}")).expect_err(call);
        assert_eq!((&*refusal.reason, &*refusal.instead), (reason, instead), "{call}");
    };
    let differs = "it gives another answer in every run";
    let text_runs = "it runs SQL given as text, which cannot be checked";
    let server = "it reaches the server or its catalogs, not the data";
    check("statement_timestamp()", differs, "write now()");
    check("setseed(1)", differs, "order by a column, or use TABLESAMPLE … REPEATABLE (seed)");
    check("uuidv7()", differs, "write row_number() OVER (ORDER BY …)");
    check("uuid_generate_v4()", differs, "write row_number() OVER (ORDER BY …)");
    check("lastval()", "it belongs to a sequence", "write row_number() OVER (ORDER BY …)");
    check("set_config('a', 'b', true)", "it reaches settings", "leave it out");
    check("ts_stat('SELECT 1')", text_runs, "write that query as a subquery");
    check("query_to_xml('', true, true, '')", text_runs, "write that query as a subquery");
    check("pg_sleep_for('1 s')", "it only waits", "leave it out");
    check("pg_try_advisory_lock(1)", "it locks", "leave it out");
    check("pg_ls_dir('.')", "it reaches files or large objects", "read tables");
    check("pg_backend_pid()", server, "read tables");
    check("xpath('/a', b)", "the guard knows no XML", "use text or JSON functions");
    check(
        "levenshtein('a', 'b')",
        "it is not among the functions known to be pure reads",
        "use PostgreSQL's built-in functions",
    );
}

#[test]
fn the_statement_is_cut_out() {
    let check = |sql: &str, expected: &str| assert_eq!(accepted(sql).sql(), expected, "{sql}");
    check("SELECT 1", "SELECT 1");
    check("SELECT 1;", "SELECT 1");
    check(" ; SELECT 1 ;; -- done\n", "SELECT 1");
    check("/* a */ SELECT /* b */ 1 -- c", "SELECT /* b */ 1");
    check("SELECT '; --' ;", "SELECT '; --'");
    check("SELECT 1 -- a\n + 1", "SELECT 1 -- a\n + 1");
}

#[test]
fn what_is_read_is_told() {
    let relations = |sql: &str, expected: &[&str]| {
        let accepted = accepted(sql);
        let relations = accepted.relations.iter().map(|relation| match &relation.schema {
            Some(schema) => format!("{schema}.{}", relation.name),
            None => relation.name.clone(),
        });
        assert_eq!(relations.collect::<Vec<_>>(), expected, "{sql}");
    };
    relations("SELECT 1", &[]);
    relations("TABLE b", &["b"]);
    relations("SELECT * FROM s.b, a, s.b", &["a", "s.b"]);
    relations(
        "SELECT (SELECT 1 FROM a) FROM b WHERE EXISTS (TABLE c) ORDER BY (TABLE d)",
        &["a", "b", "c", "d"],
    );
    relations("WITH x AS (TABLE a) SELECT * FROM x, (SELECT * FROM x) y", &["a"]);
    relations("WITH x AS (TABLE x) TABLE x", &["x"]);
    relations("WITH x AS (TABLE y), y AS (TABLE x) TABLE y", &["y"]);
    relations("WITH RECURSIVE x AS (TABLE y), y AS (TABLE x) TABLE y", &[]);
    relations("WITH x AS (SELECT 1) TABLE s.x", &["s.x"]);
    relations("SELECT * FROM (WITH x AS (SELECT 1) TABLE x) y, x", &["x"]);
    relations("(WITH x AS (SELECT 1) TABLE x) UNION TABLE x", &["x"]);
    relations("WITH x AS (SELECT 1) TABLE x UNION (TABLE x)", &[]);
    relations("SELECT * FROM \"A b\" TABLESAMPLE system (1)", &["A b"]);

    let functions = |sql: &str, expected: &[&str]| {
        let accepted = accepted(sql);
        assert_eq!(
            accepted.functions.iter().map(String::as_str).collect::<Vec<_>>(),
            expected,
            "{sql}"
        );
    };
    functions("SELECT LOWER(a), pg_catalog.lower(a), sum(b) FROM t", &["lower", "sum"]);
    functions(
        "SELECT extract(year FROM a), a AT TIME ZONE 'UTC', trim(a)",
        &["btrim", "extract", "timezone"],
    );

    let flags = |sql: &str, expected: (bool, bool)| {
        let accepted = accepted(sql);
        assert_eq!((accepted.ordered, accepted.repeatable), expected, "{sql}");
    };
    flags("SELECT a FROM t", (false, true));
    flags("SELECT a FROM t ORDER BY a", (true, true));
    flags("SELECT * FROM (SELECT a FROM t ORDER BY a) x", (false, true));
    flags("SELECT a FROM t TABLESAMPLE system (1)", (false, false));
    flags("SELECT a FROM t TABLESAMPLE system (1) REPEATABLE (1)", (false, true));

    let dates = |sql: &str, expected: &[(&str, usize)]| {
        let accepted = accepted(sql);
        let dates = accepted.date_literals.iter().map(|date| (date.text.as_str(), date.position));
        assert_eq!(dates.collect::<Vec<_>>(), expected, "{sql}");
    };
    dates("SELECT now(), '2026-1', 'today'::date", &[]);
    dates(
        "SELECT 1 WHERE a >= '2026-01-01' AND b < date 'Jan 5 2026'",
        &[("2026-01-01", 20), ("Jan 5 2026", 46)],
    );
    dates(
        "SELECT 'Jan 5 2026'::text::date, ARRAY['Jan 6 2026']::date[]",
        &[("Jan 5 2026", 7), ("Jan 6 2026", 39)],
    );
    dates(
        "SELECT 'from 2026-01-01', d <@ '[2026-01-01,2026-02-01)'::daterange",
        &[("from 2026-01-01", 7), ("[2026-01-01,2026-02-01)", 31)],
    );
}

#[test]
fn now_becomes_the_as_of() {
    let as_of = as_of();
    let check = |sql: &str, expected: &str| {
        let anchored = accepted(sql).anchor(&as_of);
        assert_eq!(anchored, expected, "{sql}");
        assert_eq!(accepted(&anchored).anchor(&as_of), anchored, "{sql}");
    };
    let instant = "CAST('2026-11-22 00:30:05.25+00' AS timestamp with time zone)";
    let date = "CAST('2026-11-22' AS date)";

    check("SELECT 1", "SELECT 1");
    check(
        "SELECT a > now() - interval '1 day'",
        &format!("SELECT a > {instant} - interval '1 day'"),
    );
    check("SELECT a > pg_catalog . now /* c */ ( )", &format!("SELECT a > {instant}"));
    check("SELECT -1 + current_date::text::int", &format!("SELECT -1 + {date}::text::int"));
    check("SELECT 1 WHERE CURRENT_DATE>a", &format!("SELECT 1 WHERE {date}>a"));
    check(
        "SELECT 1 WHERE a IN (current_timestamp, CURRENT_TIMESTAMP ( 0 ), localtimestamp, localtimestamp(3))",
        &format!(
            "SELECT 1 WHERE a IN ({instant}, \
             CAST('2026-11-22 00:30:05.25+00' AS timestamp(0) with time zone), \
             CAST('2026-11-22 01:30:05.25' AS timestamp), CAST('2026-11-22 01:30:05.25' AS timestamp(3)))"
        ),
    );
    check(
        "SELECT 1 WHERE a IN (current_time, localtime, localtime(1))",
        "SELECT 1 WHERE a IN (CAST('01:30:05.25+01:00' AS time with time zone), \
         CAST('01:30:05.25' AS time), CAST('01:30:05.25' AS time(1)))",
    );

    check("/* c */; SELECT now() AS n", &format!("SELECT {instant} AS n"));

    // The name of a bare output column stays.
    check("SELECT now()", &format!("SELECT {instant} AS now"));
    check("SELECT now() AS n, now() n", &format!("SELECT {instant} AS n, {instant} n"));
    check(
        "SELECT transaction_timestamp() FROM t",
        &format!("SELECT {instant} AS transaction_timestamp FROM t"),
    );
    check("SELECT (current_date)::text, 1", &format!("SELECT ({date})::text AS current_date, 1"));
    check("SELECT current_date -- c\n, 1", &format!("SELECT {date} AS current_date -- c\n, 1"));
    check(
        "SELECT CAST(now() AS date) ORDER BY 1",
        &format!("SELECT CAST({instant} AS date) AS now ORDER BY 1"),
    );
    check(
        "SELECT current_time, current_timestamp(2), localtime(1), localtimestamp",
        "SELECT CAST('01:30:05.25+01:00' AS time with time zone) AS current_time, \
         CAST('2026-11-22 00:30:05.25+00' AS timestamp(2) with time zone) AS current_timestamp, \
         CAST('01:30:05.25' AS time(1)) AS localtime, \
         CAST('2026-11-22 01:30:05.25' AS timestamp) AS localtimestamp",
    );
    check(
        "SELECT now()::text COLLATE \"C\", (now()::text::text[])[1]",
        &format!(
            "SELECT {instant}::text COLLATE \"C\" AS now, ({instant}::text::text[])[1] AS now"
        ),
    );
    check("SELECT current_date + 1", &format!("SELECT {date} + 1"));
    check("SELECT date_trunc('day', now())", &format!("SELECT date_trunc('day', {instant})"));
    check(
        "SELECT CASE WHEN a IS DISTINCT FROM b THEN c ELSE now() END FROM t",
        &format!("SELECT CASE WHEN a IS DISTINCT FROM b THEN c ELSE {instant} END AS now FROM t"),
    );
    check(
        "SELECT CASE WHEN (SELECT 1 AS end) IS NULL THEN 1 ELSE now() END, 1 case, now() FROM t",
        &format!(
            "SELECT CASE WHEN (SELECT 1 AS end) IS NULL THEN 1 ELSE {instant} END AS now, 1 case, {instant} AS now FROM t"
        ),
    );
    check("SELECT (SELECT now())", &format!("SELECT (SELECT {instant} AS now)"));
    check("SELECT now() UNION SELECT a", &format!("SELECT {instant} AS now UNION SELECT a"));
    check("VALUES (now())", &format!("VALUES ({instant})"));
    check("SELECT * FROM current_date AS d", &format!("SELECT * FROM {date} AS d"));

    // One-argument age counts from the day's beginning.
    check("SELECT age(born) FROM t", &format!("SELECT age({date}, born) FROM t"));
    check("SELECT age ( now() )", &format!("SELECT age ({date},  {instant} )"));
    check("SELECT age(a, b)", "SELECT age(a, b)");

    // Words that PostgreSQL reads as times.
    check(
        "SELECT 'now'::date, date 'today', DATE(' Yesterday ')",
        "SELECT '2026-11-22'::date, date '2026-11-22', DATE('2026-11-21')",
    );
    check(
        "SELECT CAST('tomorrow' AS timestamp)",
        "SELECT CAST('2026-11-23 00:00:00' AS timestamp)",
    );
    check(
        "SELECT 'today'::timestamptz, timestamptz 'now'",
        "SELECT '2026-11-21 23:00:00+00'::timestamptz, timestamptz '2026-11-22 00:30:05.25+00'",
    );
    check(
        "SELECT 'now'::time, 'now'::timetz",
        "SELECT '01:30:05.25'::time, '01:30:05.25+01:00'::timetz",
    );
    check(
        "SELECT 'now'::text, 'today' AS label, a || 'today'",
        "SELECT 'now'::text, 'today' AS label, a || 'today'",
    );
    check("SELECT 'é', now()", &format!("SELECT 'é', {instant} AS now"));
}
