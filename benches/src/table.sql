CREATE TABLE orders AS
SELECT n::int8 AS id,
       (n * 7919 % 100003)::int4 AS customer_id,
       timestamptz '2020-01-01Z' + n * interval '17.123456 seconds' AS placed_at,
       ((n * 104729 % 1000000) / 100.0)::numeric(10, 2) AS amount,
       (ARRAY['placed', 'paid', 'shipped', 'delivered', 'returned'])[1 + n % 5] AS status,
       CASE n % 3 WHEN 0 THEN NULL ELSE 'note ' || md5(n::text) END AS note,
       n % 2 = 0 AS is_gift,
       'city-' || n % 997 AS city
FROM generate_series(1::int8, {rows}::int8) AS n;
ALTER TABLE orders ADD PRIMARY KEY (id);
ANALYZE orders;
