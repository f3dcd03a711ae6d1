CREATE OR REPLACE FUNCTION has_access() RETURNS boolean
LANGUAGE sql STABLE
RETURN EXISTS (SELECT FROM pg_namespace WHERE nspname = 'analytics');

COMMENT ON FUNCTION has_access IS 'Whether apply_access ever ran in this database. Example: SELECT has_access();';
