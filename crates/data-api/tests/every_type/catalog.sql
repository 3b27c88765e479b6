-- Every type but arrays, the row types of tables and views, and the pseudo-types, which have no values; but for two.
SELECT
  format('%I.%I', n.nspname, t.typname) AS name,
  t.typname::text AS key,
  CASE t.typtype
    WHEN 'm' THEN (SELECT typname::text FROM pg_range JOIN pg_type r ON r.oid = rngtypid WHERE rngmultitypid = t.oid)
    WHEN 'd' THEN base.typname::text
  END AS made_of,
  t.typtype = 'm' AS is_multirange,
  t.typarray <> 0 AS has_array,
  t.typdelim::text AS delimiter
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_type base ON base.oid = t.typbasetype
LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
  AND coalesce(c.relkind = 'c', true)
  AND (t.typtype <> 'p' OR t.typname IN ('void', 'unknown'))
ORDER BY 1
