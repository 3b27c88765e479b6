//! Makes statements: honest ones by a small grammar, some with a hostile fragment wherever an expression or a
//! relation may stand, some with their words moved. The same number makes the same statement.

/// Where an expression may stand. `{a}` is an alias that is in scope there.
const HOSTILE_EXPRESSIONS: [&str; 56] = [
    "pg_advisory_lock(7)",
    "pg_try_advisory_lock(7)",
    "pg_advisory_lock_shared(7)",
    "pg_catalog.pg_advisory_lock(7)",
    "\"pg_advisory_lock\" /**/ (7)",
    "U&\"pg\\005fadvisory_lock\"(7)",
    "leak(1)",
    "public.leak(1)",
    "{a}.leak",
    "({a}).leak",
    "({a}.customer_id).leak",
    "(customer_id).leak",
    "('x'::text).leak",
    "(1).leak",
    "(ARRAY[1])[1].leak",
    "((SELECT {a})).leak",
    "nextval('tickets')",
    "setval('tickets', 99)",
    "('tickets').nextval",
    "set_config('work_mem', '1MB', false)",
    "set_config('default_transaction_read_only', 'off', false)",
    "lo_create(0)",
    "lo_from_bytea(0, 'x')",
    "lo_import('/etc/passwd')",
    "lo_creat(-1)",
    "pg_notify('c', 'x')",
    "pg_terminate_backend(pg_backend_pid())",
    "pg_cancel_backend(pg_backend_pid())",
    "pg_sleep(9)",
    "pg_sleep_for('9 s')",
    "pg_logical_emit_message(false, 'a', 'b')",
    "pg_current_xact_id()",
    "txid_current()",
    "pg_export_snapshot()",
    "pg_create_restore_point('x')",
    "pg_switch_wal()",
    "pg_reload_conf()",
    "pg_stat_reset()",
    "pg_read_file('PG_VERSION')",
    "pg_ls_dir('.')",
    "query_to_xml('SELECT pg_advisory_lock(7)', true, true, '')",
    "ts_stat('SELECT to_tsvector(leak(1)::text)')",
    "ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, leak(1)::text::tsquery')",
    "database_to_xml(true, true, '')",
    "cursor_to_xml('c', 1, true, true, '')",
    "brin_summarize_new_values('orders_brin'::regclass)",
    "gin_clean_pending_list('orders_gin'::regclass)",
    "'tickets'::regclass",
    "current_setting('work_mem')",
    "setseed(0.5)",
    "(WITH w AS (DELETE FROM orders RETURNING 1) SELECT 1 FROM w)",
    "(SELECT pg_advisory_lock(7))",
    "(SELECT leak FROM leak(1))",
    "ARRAY(SELECT pg_advisory_lock(n) FROM generate_series(1, 3) g (n))",
    "$1",
    "json_scalar(pg_advisory_lock(7))",
];

/// Where a relation may stand.
const HOSTILE_RELATIONS: [&str; 16] = [
    "pg_advisory_lock(7) AS h",
    "LATERAL leak(1) AS h",
    "ROWS FROM (generate_series(1, 2), leak(1)) AS h",
    "ROWS FROM (pg_advisory_lock(7)) AS h",
    "(SELECT leak(1)) AS h",
    "(VALUES (leak(1))) AS h",
    "(SELECT g.leak FROM generate_series(1, 2) g) AS h",
    "(SELECT h.leak FROM (SELECT * FROM orders) h) AS h",
    "(WITH w AS (SELECT 1 AS n) SELECT (w).leak FROM w) AS h",
    "nextval('tickets') AS h",
    "pg_authid AS h",
    "pg_catalog.pg_stat_activity AS h",
    "pg_logical_slot_get_changes('s', NULL, NULL) AS h",
    "dblink('', 'DELETE FROM orders') AS h (a int)",
    "orders AS h TABLESAMPLE system (pg_advisory_lock(7)::text::real)",
    "JSON_TABLE(leak(1)::text::jsonb, '$' COLUMNS (a int PATH '$')) AS h",
];

/// Behind a whole statement.
const HOSTILE_ENDS: [&str; 10] = [
    "; COMMIT; DELETE FROM orders",
    "; DROP TABLE orders",
    " FOR UPDATE",
    " INTO kept",
    "; SET work_mem = '1MB'",
    "; SELECT pg_advisory_lock(7)",
    "; LISTEN c",
    "; PREPARE p AS SELECT 1",
    " /* */ ; /* ; */ NOTIFY c",
    " LIMIT pg_advisory_lock(7)::text::int",
];

/// A source of choices (SplitMix64), and how likely a fragment is planted.
pub(crate) struct Statements {
    state: u64,
    planted: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    Number,
    Text,
    Truth,
    Time,
}

const KINDS: [Kind; 4] = [Kind::Number, Kind::Text, Kind::Truth, Kind::Time];

impl Statements {
    pub(crate) fn new(seed: u64) -> Statements {
        Statements { state: seed, planted: false }
    }

    /// The next statement.
    pub(crate) fn next(&mut self) -> String {
        // Two of five are honest to the end.
        self.planted = self.below(5) > 1;
        let sql = self.query(3);
        match self.below(12) {
            0 if self.planted => sql + self.pick(&HOSTILE_ENDS),
            1 | 2 if self.planted => self.moved(&sql),
            3 => sql + " ;",
            _ => sql,
        }
    }

    fn below(&mut self, end: usize) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }

    fn pick<'t>(&mut self, among: &[&'t str]) -> &'t str {
        among[self.below(among.len())]
    }

    fn plants(&mut self) -> bool {
        self.planted && self.below(30) == 0
    }

    /// One word taken out, doubled, or swapped with another.
    fn moved(&mut self, sql: &str) -> String {
        let mut words: Vec<_> = sql.split(' ').collect();
        let (one, other) = (self.below(words.len()), self.below(words.len()));
        match self.below(3) {
            0 => drop(words.remove(one)),
            1 => words.insert(other, words[one]),
            _ => words.swap(one, other),
        }
        words.join(" ")
    }

    fn query(&mut self, depth: usize) -> String {
        let alias = ["o", "p", "q"][self.below(3)];
        let from = self.from(alias, depth);
        let filter = match self.below(2) {
            0 => format!(" WHERE {}", self.expression(Kind::Truth, alias, depth)),
            _ => String::new(),
        };
        let head = match self.below(8) {
            0 => {
                let (group, number) = self.two(Kind::Text, Kind::Number, alias, depth);
                let having = self.expression(Kind::Number, alias, 0);
                return format!(
                    "SELECT {group} AS a, sum({number}) FILTER (WHERE true) AS b FROM {from}{filter} \
                     GROUP BY {group} HAVING max({having}) IS NOT NULL ORDER BY 1"
                );
            }
            1 => {
                let (number, time) = self.two(Kind::Number, Kind::Time, alias, depth);
                return format!(
                    "SELECT count(*) AS a, avg({number}) AS b, max({time}) AS c, \
                     percentile_cont(0.5) WITHIN GROUP (ORDER BY {number}) AS d FROM {from}{filter}"
                );
            }
            2 => {
                let (number, time) = self.two(Kind::Number, Kind::Time, alias, depth);
                format!(
                    "{number} AS a, lag({number}) OVER (PARTITION BY {alias}.customer_id ORDER BY {time} \
                     ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS b"
                )
            }
            3 => "*".to_owned(),
            _ => {
                let kinds = (KINDS[self.below(4)], KINDS[self.below(4)]);
                let (a, b) = self.two(kinds.0, kinds.1, alias, depth);
                format!("{a} AS a, {b} AS b")
            }
        };
        let distinct = self.pick(&["", "", "DISTINCT "]);
        let order = match self.below(4) {
            0 => format!(" ORDER BY {}", self.expression(Kind::Number, alias, 1)),
            1 => " ORDER BY 1".to_owned(),
            _ => String::new(),
        };
        // What DISTINCT orders by must be selected.
        let distinct =
            if order.starts_with(" ORDER BY 1") || order.is_empty() { distinct } else { "" };
        let limit = self.pick(&["", "", " LIMIT 5", " OFFSET 1", " FETCH FIRST 3 ROWS ONLY"]);
        let query = format!("SELECT {distinct}{head} FROM {from}{filter}{order}{limit}");
        if depth == 0 {
            return query;
        }
        match self.below(10) {
            0 => format!("({query}) UNION ALL ({query})"),
            1 => format!("WITH w AS ({query}) SELECT w.*, 1 AS one FROM w"),
            2 => format!("WITH w AS MATERIALIZED ({}) {query}", self.query(depth - 1)),
            3 => format!(
                "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) \
                 SELECT n, ({}) AS x FROM r",
                self.scalar(depth - 1)
            ),
            _ => query,
        }
    }

    fn two(&mut self, a: Kind, b: Kind, alias: &str, depth: usize) -> (String, String) {
        let less = depth.saturating_sub(1);
        (self.expression(a, alias, less), self.expression(b, alias, less))
    }

    /// A relation that has the columns of `orders` under `alias`, and perhaps others beside it.
    fn from(&mut self, alias: &str, depth: usize) -> String {
        let table = format!("orders AS {alias}");
        if self.plants() {
            let hostile = self.pick(&HOSTILE_RELATIONS);
            return match self.below(3) {
                0 => format!("{table}, {hostile}"),
                1 => format!("{table} CROSS JOIN {hostile}"),
                _ => format!("({table} LEFT JOIN {hostile} ON true)"),
            };
        }
        let less = depth.saturating_sub(1);
        match self.below(14) {
            0 => format!("public.{table} JOIN customers AS c USING (customer_id)"),
            1 => format!(
                "{table} LEFT JOIN customers AS c ON c.customer_id = {alias}.customer_id AND {}",
                self.expression(Kind::Truth, alias, less)
            ),
            2 => format!("{table}, LATERAL ({}) AS l (x)", self.scalar_with(alias, less)),
            3 => format!("{table}, unnest({alias}.tags) WITH ORDINALITY AS u (tag, at)"),
            4 => format!("{table}, generate_series(1, 2) AS g (n)"),
            5 => format!("{table} TABLESAMPLE bernoulli (90) REPEATABLE (1)"),
            6 => format!("{table}, (VALUES (1, 'a'), (2, 'b')) AS v (n, t)"),
            7 if depth > 0 => format!("(SELECT * FROM {}) AS {alias}", self.from("i", less)),
            8 => format!("{table}, jsonb_each_text({alias}.details) AS e"),
            9 => format!(
                "{table}, ROWS FROM (generate_series(1, 2), unnest(ARRAY['a', 'b'])) AS f (n, t)"
            ),
            _ => table,
        }
    }

    fn scalar(&mut self, depth: usize) -> String {
        let from = self.from("s", depth.min(1));
        format!("SELECT max({}) FROM {from}", self.expression(Kind::Number, "s", depth))
    }

    fn scalar_with(&mut self, alias: &str, depth: usize) -> String {
        format!("SELECT {}", self.expression(Kind::Number, alias, depth))
    }

    fn expression(&mut self, kind: Kind, alias: &str, depth: usize) -> String {
        if self.plants() {
            return self.pick(&HOSTILE_EXPRESSIONS).replace("{a}", alias);
        }
        let leaf = depth == 0 || self.below(4) == 0;
        match kind {
            Kind::Number if leaf => {
                self.leaf(&["1", "2.5", "{a}.amount", "{a}.order_id", "{a}.customer_id"], alias)
            }
            Kind::Text if leaf => {
                self.leaf(&["'x'", "{a}.note", "{a}.status::text", "{a}.details ->> 'k'"], alias)
            }
            Kind::Truth if leaf => {
                self.leaf(&["true", "{a}.paid", "{a}.note IS NULL", "{a}.status = 'open'"], alias)
            }
            Kind::Time if leaf => {
                let leaves = [
                    "{a}.placed_at",
                    "now()",
                    "CURRENT_TIMESTAMP(3)",
                    "timestamptz '2026-01-01'",
                    "CURRENT_DATE::timestamptz",
                ];
                self.leaf(&leaves, alias)
            }
            Kind::Number => self.number(alias, depth - 1),
            Kind::Text => self.text(alias, depth - 1),
            Kind::Truth => self.truth(alias, depth - 1),
            Kind::Time => self.time(alias, depth - 1),
        }
    }

    fn leaf(&mut self, among: &[&str], alias: &str) -> String {
        self.pick(among).replace("{a}", alias)
    }

    fn number(&mut self, alias: &str, depth: usize) -> String {
        let (a, b) = (
            self.expression(Kind::Number, alias, depth),
            self.expression(Kind::Number, alias, depth),
        );
        match self.below(9) {
            0 => format!("({a} + {b})"),
            1 => format!("round({a}::numeric, 1)"),
            2 => format!("coalesce(nullif({a}, {b}), 0)"),
            3 => format!("length({})", self.expression(Kind::Text, alias, depth)),
            4 => format!(
                "CASE WHEN {} THEN {a} ELSE {b} END",
                self.expression(Kind::Truth, alias, depth)
            ),
            5 => format!("({})", self.scalar(depth)),
            6 => format!("extract(year FROM {})", self.expression(Kind::Time, alias, depth)),
            7 => format!("greatest({a}, {b}) * -1"),
            _ => format!("abs({a})"),
        }
    }

    fn text(&mut self, alias: &str, depth: usize) -> String {
        let (a, b) =
            (self.expression(Kind::Text, alias, depth), self.expression(Kind::Text, alias, depth));
        match self.below(8) {
            0 => format!("upper({a})"),
            1 => format!("({a} || {b})"),
            2 => format!("concat_ws('-', {a}, {b})"),
            3 => format!("to_char({}, 'YYYY-MM')", self.expression(Kind::Time, alias, depth)),
            4 => format!("regexp_replace({a}, '[a-c]+', 'z')"),
            5 => format!("(ARRAY[{a}, {b}])[1]"),
            6 => format!("jsonb_build_object('k', {a})::text"),
            _ => format!("left({a}, 2) COLLATE \"C\""),
        }
    }

    fn truth(&mut self, alias: &str, depth: usize) -> String {
        let (a, b) = (
            self.expression(Kind::Truth, alias, depth),
            self.expression(Kind::Truth, alias, depth),
        );
        let numbers = self.two(Kind::Number, Kind::Number, alias, depth);
        match self.below(9) {
            0 => format!("({a} AND NOT {b})"),
            1 => format!("({a} OR {b})"),
            2 => format!("{} BETWEEN {} AND 9", numbers.0, numbers.1),
            3 => format!("{} IN ({}, 1)", numbers.0, numbers.1),
            4 => format!("{} LIKE '%x%'", self.expression(Kind::Text, alias, depth)),
            5 => format!("EXISTS ({})", self.scalar_with(alias, depth)),
            6 => format!("{} = ANY (ARRAY[{}])", numbers.0, numbers.1),
            7 => {
                format!("{} > now() - interval '1 year'", self.expression(Kind::Time, alias, depth))
            }
            _ => format!("{} >= {}", numbers.0, numbers.1),
        }
    }

    fn time(&mut self, alias: &str, depth: usize) -> String {
        let a = self.expression(Kind::Time, alias, depth);
        match self.below(4) {
            0 => format!("date_trunc('month', {a})"),
            1 => format!("({a} - interval '1 day')"),
            2 => format!("({a} AT TIME ZONE 'UTC')::timestamptz"),
            _ => format!("least({a}, {})", self.expression(Kind::Time, alias, depth)),
        }
    }
}
