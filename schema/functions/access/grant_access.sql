CREATE OR REPLACE FUNCTION grant_access(login text, as_partner boolean, timeout interval)
RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    is_new boolean := NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login);
BEGIN
    IF NOT has_access() THEN
        RAISE EXCEPTION 'access is not prepared' USING HINT = 'run `coordinator access prepare`';
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = login AND (rolsuper OR rolbypassrls)) THEN
        RAISE EXCEPTION 'role % sees everything: it is a superuser or bypasses row-level security', login;
    END IF;
    IF is_new THEN
        EXECUTE format('CREATE ROLE %I LOGIN', login);
    END IF;
    EXECUTE format('GRANT %I TO %I', CASE WHEN as_partner THEN 'fullhouse_partner' ELSE 'fullhouse_analyst' END, login);
    -- A setting of a group does not reach its members, so each has its own.
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET statement_timeout = %L',
        login, current_database(), (extract(epoch FROM timeout) * 1000)::bigint::text);
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET idle_in_transaction_session_timeout = ''1min''', login, current_database());
    -- Analysts make rollups, and temporary tables; they can write nothing else.
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET default_transaction_read_only = %L', login, current_database(), as_partner);
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET search_path = analytics, analytics_detail, fullhouse, data_set', login, current_database());
    RETURN is_new;
END
$$;

COMMENT ON FUNCTION grant_access IS 'Makes a role an analyst, or a partner that sees the rows of its partner_scope; makes the role, without a password, if it does not exist, and returns whether it did. Example: SELECT grant_access(''metabase'', false, ''30 s'');';
