-- What the current role may change in the current database; each text is one example, or NULL.
WITH schemas AS (
  SELECT oid, nspname FROM pg_catalog.pg_namespace
  WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), tables AS (
  SELECT c.oid, c.relowner, format('%s.%s', s.nspname, c.relname) AS name
  FROM pg_catalog.pg_class c JOIN schemas s ON s.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm')
)
SELECT
  r.rolname::text AS role,
  r.rolsuper AS superuser,
  r.rolcreaterole AS creates_roles,
  r.rolcreatedb AS creates_databases,
  has_database_privilege(current_database(), 'CREATE') AS creates_schemas,
  (SELECT min(nspname::text) FROM schemas
   WHERE has_schema_privilege(oid, 'CREATE')) AS creatable,
  (SELECT min(name) FROM tables WHERE pg_has_role(relowner, 'USAGE')) AS owned,
  (SELECT min(name) FROM tables
   WHERE has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
      OR has_any_column_privilege(oid, 'INSERT, UPDATE')) AS writable
FROM pg_catalog.pg_roles r
WHERE r.rolname = current_user
