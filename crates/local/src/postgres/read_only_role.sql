-- Run by the superuser in a fresh database: quaestor_readonly may read it, PUBLIC nothing.
-- Functions too are taken from PUBLIC, since one with SECURITY DEFINER would be a way around.
DO $$
DECLARE
  schema_name text;
BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO quaestor_readonly', current_database());
  FOR schema_name IN
    SELECT nspname FROM pg_catalog.pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
  LOOP
    EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', schema_name);
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM PUBLIC', schema_name);
    EXECUTE format('REVOKE ALL ON ALL ROUTINES IN SCHEMA %I FROM PUBLIC', schema_name);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO quaestor_readonly', schema_name);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO quaestor_readonly', schema_name);
  END LOOP;
END $$;
-- The same for what the superuser makes later.
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO quaestor_readonly;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO quaestor_readonly;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON ROUTINES FROM PUBLIC;
-- Autovacuum is off: these are the planner's statistics for the database's whole life.
ANALYZE;
