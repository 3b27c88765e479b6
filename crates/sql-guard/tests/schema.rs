//! What is refused and told when the schema is known.

use sql_guard::schema::{Column, Schema, Table};
use sql_guard::{Accepted, Guard, Refusal, RefusalKind};

fn table(schema: &str, name: &str, columns: &[(&str, &str)], key: &[&str]) -> Table {
    let column = |&(name, data_type): &(&str, &str)| Column {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
    };
    Table {
        schema: schema.to_owned(),
        name: name.to_owned(),
        columns: columns.iter().map(column).collect(),
        primary_key: key.iter().map(|&name| name.to_owned()).collect(),
    }
}

fn guard() -> Guard {
    let orders = [
        ("order_id", "integer"),
        ("customer_id", "integer"),
        ("status", "public.order_status"),
        ("placed_at", "timestamp with time zone"),
        ("address", "public.address"),
        ("tags", "text[]"),
        ("details", "jsonb"),
    ];
    let customers = [("customer_id", "integer"), ("name", "character varying(20)")];
    let lines = [("order_id", "integer"), ("line", "integer"), ("amount", "numeric(10,2)")];
    Guard::default().knowing(Schema {
        tables: vec![
            table("public", "orders", &orders, &["order_id"]),
            table("public", "customers", &customers, &["customer_id"]),
            table("sales", "lines", &lines, &["order_id", "line"]),
            table("public", "log", &[("entry", "text")], &[]),
        ],
        ..Schema::default()
    })
}

fn accepted(sql: &str) -> Accepted {
    guard().check(sql).unwrap_or_else(|refusal| panic!("{sql}: {refusal}"))
}

#[test]
fn an_unknown_name_is_refused_and_the_nearest_told() {
    let check = |sql: &str, construct: &str, instead: &str| {
        let refusal: Refusal = guard().check(sql).expect_err(sql);
        assert_eq!(
            (refusal.construct.as_str(), refusal.instead.as_ref()),
            (construct, instead),
            "{sql}: {refusal}"
        );
    };
    check("SELECT * FROM order", "order", "correct the syntax, in PostgreSQL's dialect");
    check("SELECT * FROM ordres", "ordres", "write `orders`");
    check("SELECT * FROM lines", "lines", "write `sales.lines`");
    check("SELECT * FROM sale.lines", "sale.lines", "write `sales.lines`");
    check("SELECT * FROM public.customer", "public.customer", "write `public.customers`");
    check("SELECT * FROM zzz", "zzz", "read the tables that the schema names");
    check("SELECT o.placed FROM orders o", "placed", "write `placed_at`");
    check("SELECT orders.leak FROM orders", "leak", "use the columns that it has");
    check("SELECT public.orders.leak FROM orders", "leak", "use the columns that it has");
    check("SELECT (o).leak FROM orders o", "leak", "use the columns that it has");
    check("SELECT (placed_at).leak FROM orders", "leak", "name the column alone");
    check("SELECT (o.order_id).leak FROM orders o", "leak", "name the column alone");
    check("SELECT (o.tags).leak FROM orders o", "leak", "name the column alone");
    check("SELECT (c.name).leak FROM customers c", "leak", "name the column alone");
    check("SELECT custmer_id FROM orders", "custmer_id", "write `customer_id`");
    check("SELECT p.order_id FROM orders o", "p", "use the names that the schema has");
    check("SELECT ordr.order_id FROM orders", "ordr", "write `orders`");
    check("SELECT s.leak FROM (SELECT * FROM orders) s", "leak", "use the columns that it has");
    check(
        "WITH s AS (SELECT order_id AS n FROM orders) SELECT s.leak FROM s",
        "leak",
        "use the columns that it has",
    );
    check("SELECT order_id", "order_id", "use the names that the schema has");
    check(
        "SELECT x.leak FROM (SELECT upper(name) FROM customers) x",
        "leak",
        "use the columns that it has",
    );
    check("SELECT v.leak FROM (VALUES (1)) v (a)", "leak", "use the columns that it has");
    check(
        "SELECT 1 FROM orders o WHERE EXISTS (SELECT 1 FROM customers c WHERE c.customer_id = o.custom)",
        "custom",
        "write `customer_id`",
    );
    check(
        "SELECT 1 FROM orders o, LATERAL (SELECT o.leak) x",
        "leak",
        "use the columns that it has",
    );
    check(
        "SELECT 1 FROM orders o UNION SELECT c.leak FROM customers c",
        "leak",
        "use the columns that it has",
    );
    check(
        "SELECT 1 FROM orders o UNION SELECT o.order_id FROM customers c",
        "o",
        "use the names that the schema has",
    );
    check("SELECT xmin FROM orders", "xmin", "name the table's own columns");
}

#[test]
fn an_unknown_name_is_told_from_a_forbidden_one() {
    let check = |sql: &str, kind: RefusalKind| {
        assert_eq!(guard().check(sql).expect_err(sql).kind, kind, "{sql}");
    };
    check("SELECT * FROM ordres", RefusalKind::UnknownRelation);
    check("SELECT p.order_id FROM orders o", RefusalKind::UnknownRelation);
    check("SELECT custmer_id FROM orders", RefusalKind::UnknownColumn);
    check("SELECT o.placed FROM orders o", RefusalKind::UnknownColumn);
    check("SELECT (placed_at).leak FROM orders", RefusalKind::Forbidden);
    check("SELECT pg_sleep(1) FROM orders", RefusalKind::Forbidden);
}

#[test]
fn a_name_that_is_there_or_cannot_be_told_passes() {
    for sql in [
        "SELECT o.*, orders.* FROM orders o, orders",
        "SELECT public.orders.order_id FROM public.orders",
        "SELECT public.orders.order_id FROM orders",
        "SELECT o FROM orders o",
        "SELECT count(o) FROM orders o",
        "SELECT count(o.*), row_to_json(o) FROM orders o",
        "SELECT (o).order_id FROM orders o",
        "SELECT (address).city, (o.address).zip FROM orders o",
        "SELECT x.a FROM orders AS x (a)",
        "SELECT x.b FROM (SELECT 1, 2) AS x (a, b)",
        "SELECT x.upper, x.n FROM (SELECT upper(name), 1 AS n FROM customers) x",
        "SELECT x.anything FROM (SELECT CASE WHEN true THEN 1 END) x",
        "SELECT u.tag, u.n FROM orders o, unnest(o.tags) WITH ORDINALITY AS u (tag, n)",
        "SELECT e.key, value FROM orders, jsonb_each(details) e",
        "SELECT r.a FROM jsonb_to_record('{}') AS r (a int)",
        "SELECT t.a FROM JSON_TABLE(jsonb '[]', '$[*]' COLUMNS (a int PATH '$.a')) t",
        "SELECT j.name FROM (orders JOIN customers USING (customer_id)) AS j",
        "SELECT k.customer_id, name FROM orders JOIN customers USING (customer_id) AS k",
        "SELECT name AS n, count(*) FROM customers GROUP BY n ORDER BY count, n",
        "SELECT name FROM customers UNION SELECT 'x' ORDER BY name",
        "VALUES (1), (2) ORDER BY column1",
        "SELECT (SELECT name FROM customers WHERE customers.customer_id = orders.customer_id) FROM orders",
        "SELECT 1 FROM orders WHERE EXISTS (SELECT 1 FROM customers WHERE name = status::text)",
        "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT t.n + 1 FROM t) SELECT t.n FROM t",
        "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SEARCH BREADTH FIRST BY n SET o SELECT t.o FROM t",
        "WITH a AS (SELECT 1 AS x), b AS (SELECT a.x AS y FROM a) SELECT b.y FROM b",
        "WITH orders AS (SELECT 1 AS mine) SELECT orders.mine FROM orders",
        "SELECT l.amount FROM sales.lines l TABLESAMPLE system (1) REPEATABLE (1)",
        "SELECT status::order_status, status = 'paid'::public.order_status FROM orders",
        "SELECT sum(customer_id) OVER w FROM orders WINDOW w AS (ORDER BY placed_at)",
        "SELECT DISTINCT ON (o.status) o.status AS s, order_id FROM orders o ORDER BY o.status, s",
        "SELECT a.c FROM (SELECT order_id AS c FROM orders UNION ALL SELECT 1) a",
        "SELECT x.name FROM (SELECT c.* FROM orders, customers c) x",
        "SELECT table_name FROM information_schema.tables",
    ] {
        accepted(sql);
    }
}

#[test]
fn columns_are_told_with_their_table() {
    let shown = |accepted: &Accepted| {
        let columns = accepted.columns.iter().map(|column| match &column.relation {
            Some(relation) => format!("{}.{}", relation.name, column.name),
            None => format!("?.{}", column.name),
        });
        columns.collect::<Vec<_>>().join(" ")
    };
    let check = |sql: &str, with: &str, without: &str| {
        assert_eq!(shown(&accepted(sql)), with, "{sql}");
        assert_eq!(shown(&sql_guard::check(sql).expect(sql)), without, "without a schema: {sql}");
    };
    check("SELECT name FROM customers", "customers.name", "customers.name");
    check("SELECT sales.lines.amount FROM sales.lines", "lines.amount", "lines.amount");
    check(
        "SELECT c.name, status FROM customers c JOIN orders o USING (customer_id)",
        "customers.name orders.status",
        "?.status customers.name",
    );
    check(
        "SELECT name AS n, count(*) FROM customers GROUP BY n ORDER BY n",
        "customers.name",
        "customers.name",
    );
    check(
        "SELECT 1 FROM customers WHERE EXISTS (SELECT 1 FROM orders WHERE name = status)",
        "customers.name orders.status",
        "?.name ?.status",
    );
    check(
        "SELECT s.n FROM (SELECT name AS n FROM customers) s",
        "?.n customers.name",
        "?.n ?.name",
    );
}

#[test]
fn a_total_order_is_told_where_it_is_sure() {
    let check = |sql: &str, with: bool, without: bool| {
        assert_eq!(accepted(sql).total, with, "{sql}");
        assert_eq!(sql_guard::check(sql).expect(sql).total, without, "without a schema: {sql}");
    };
    let both = |sql: &str, expected: bool| check(sql, expected, expected);
    // One row.
    both("SELECT 1", true);
    both("VALUES (1)", true);
    both("VALUES (1), (2)", false);
    both("SELECT count(*), max(name) FROM customers", true);
    both("SELECT round(avg(amount), 2)::text FROM sales.lines", true);
    for aggregate in [
        "1 + count(*)",
        "count(*) * 2",
        "NOT bool_and(true)",
        "coalesce(max(name), '')",
        "greatest(max(name), 'x')",
        "CASE WHEN count(*) > 1 THEN 'x' END",
        "CASE WHEN true THEN max(name) END",
        "CASE WHEN true THEN 'x' ELSE max(name) END",
        "CASE count(*) WHEN 1 THEN 'x' END",
        "ARRAY[count(*)]",
        "ROW(count(*))",
        "(array_agg(name))[1]",
        "max(name) IS NULL",
    ] {
        both(&format!("SELECT {aggregate} FROM customers"), true);
    }
    both("SELECT generate_series(1, 3)", false);
    both("SELECT count(*) FROM generate_series(1, 3)", true);
    both(&format!("SELECT {}", ["1"; 500].join(", ")), true);
    both(&format!("SELECT {}", ["1"; 501].join(", ")), false);
    both("SELECT unnest(array_agg(name)) FROM customers", false);
    both("SELECT sum(customer_id) OVER () FROM customers", false);
    both("SELECT count(*) FROM customers GROUP BY name", false);
    both("SELECT name FROM customers LIMIT 1", false);
    both("SELECT count(*) UNION ALL SELECT 2", false);
    // Every output.
    both("SELECT name FROM customers", false);
    both("SELECT name FROM customers ORDER BY name", true);
    both("SELECT name, customer_id FROM customers ORDER BY 2, 1", true);
    both("SELECT c.name AS n FROM customers c ORDER BY n DESC", true);
    both("SELECT upper(name) FROM customers ORDER BY upper(name)", true);
    both("SELECT upper(name) FROM customers ORDER BY lower(name)", false);
    both("SELECT round(amount, 1) FROM sales.lines ORDER BY round(amount, 2)", false);
    both("SELECT name, customer_id FROM customers ORDER BY name", false);
    both("SELECT * FROM customers ORDER BY 1", false);
    both("SELECT name FROM customers UNION SELECT 'x' ORDER BY name", true);
    both("SELECT name FROM customers UNION SELECT 'x' ORDER BY 1", true);
    both("SELECT name, 1 AS one FROM customers UNION SELECT 'x', 2 ORDER BY name", false);
    // Every group.
    both("SELECT name, count(*) FROM customers GROUP BY name ORDER BY name", true);
    both("SELECT name, count(*) AS n FROM customers GROUP BY 1 ORDER BY n DESC, 1", true);
    both("SELECT name, count(*) AS n FROM customers GROUP BY name ORDER BY n DESC", false);
    both("SELECT count(*) AS n FROM customers GROUP BY name ORDER BY n DESC", true);
    both("SELECT name, count(*) FROM customers GROUP BY ROLLUP (name) ORDER BY name", false);
    both(
        "SELECT date_trunc('month', placed_at) AS m, count(*) FROM orders GROUP BY date_trunc('month', placed_at) ORDER BY m",
        true,
    );
    check(
        "SELECT date_trunc('month', placed_at) AS m, count(*) FROM orders GROUP BY m ORDER BY m",
        true,
        false,
    );
    check(
        "SELECT date_trunc('month', placed_at) AS placed_at, count(*) FROM orders GROUP BY placed_at ORDER BY placed_at",
        false,
        false,
    );
    // Every key.
    check("SELECT * FROM orders ORDER BY placed_at, order_id", true, false);
    check("SELECT o.* FROM orders o ORDER BY o.order_id", true, false);
    check("SELECT o.* FROM orders AS o (id) ORDER BY id", true, false);
    check("SELECT order_id AS id, tags FROM orders ORDER BY id", true, false);
    check("SELECT * FROM sales.lines ORDER BY order_id", false, false);
    check("SELECT * FROM sales.lines ORDER BY line, order_id", true, false);
    check(
        "SELECT * FROM orders o JOIN customers c ON c.customer_id = o.customer_id ORDER BY o.order_id",
        false,
        false,
    );
    check(
        "SELECT * FROM orders o LEFT JOIN customers c ON c.customer_id = o.customer_id ORDER BY o.order_id, c.customer_id",
        true,
        false,
    );
    check("SELECT *, unnest(tags) FROM orders ORDER BY order_id", false, false);
    check("SELECT * FROM orders, unnest(tags) ORDER BY order_id", false, false);
    check("SELECT entry, 1 FROM log ORDER BY entry", false, false);
    check("SELECT DISTINCT name, 1 FROM customers ORDER BY customer_id", false, false);
}

#[test]
fn what_does_not_repeat_is_taken_where_asked() {
    let guard = Guard::default().taking_unrepeatable();
    for sql in ["SELECT random()", "SELECT clock_timestamp()", "SELECT uuidv7(), gen_random_uuid()"]
    {
        assert!(sql_guard::check(sql).is_err(), "{sql}");
        let accepted = guard.check(sql).expect(sql);
        assert!(!accepted.repeatable, "{sql}");
    }
    assert!(guard.check("SELECT now()").expect("accepted").repeatable);
    for sql in ["SELECT setseed(0.5)", "SELECT random(1, 2, 3)", "SELECT public.random()"] {
        assert!(guard.check(sql).is_err(), "{sql}");
    }
}
