CREATE TYPE mood AS ENUM ('so so', 'good, "really"');
CREATE TYPE "Pair" AS (n integer, t text);
CREATE TYPE floatrange AS RANGE (subtype = float8, multirange_type_name = floatmultirange);
CREATE DOMAIN counted AS integer CHECK (VALUE IS NULL OR VALUE <> 0);
CREATE DOMAIN noted AS text;
CREATE DOMAIN priced AS numeric(10, 2);
CREATE DOMAIN counts AS integer[];
CREATE DOMAIN waited AS interval;
CREATE DOMAIN felt AS mood;
DO $$
DECLARE extension text;
BEGIN
  FOR extension IN SELECT name FROM pg_available_extensions WHERE name IN ('citext', 'hstore', 'vector') LOOP
    EXECUTE format('CREATE EXTENSION %I', extension);
  END LOOP;
END $$;
-- Where EXECUTE is taken from PUBLIC, a cast to text needs the type's own function.
DO $$
DECLARE output regprocedure;
BEGIN
  FOR output IN SELECT DISTINCT typoutput FROM pg_type WHERE typoutput::oid >= 16384 LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO quaestor_readonly', output);
  END LOOP;
END $$;
