SELECT
  a.attrelid AS table_oid,
  a.attnum AS column_number,
  c.relname::text AS table_name,
  a.attnotnull AS not_null,
  a.attidentity <> ''
    OR coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval(%', false)
    AS auto_increment
FROM (
  SELECT DISTINCT * FROM ROWS FROM (
    pg_catalog.unnest($1::pg_catalog.oid[]), pg_catalog.unnest($2::pg_catalog.int2[])
  ) AS asked (relation, number)
) asked
JOIN pg_catalog.pg_attribute a ON a.attrelid = asked.relation AND a.attnum = asked.number
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
