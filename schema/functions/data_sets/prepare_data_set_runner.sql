CREATE OR REPLACE FUNCTION prepare_data_set_runner() RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    owner CONSTANT name := (SELECT relowner::regrole::name FROM pg_class WHERE oid = 'data_set'::regclass);
    one record;
BEGIN
    IF to_regrole('data_set_runner') IS NULL THEN
        BEGIN
            PERFORM make_role('data_set_runner', 'NOLOGIN');
        EXCEPTION WHEN insufficient_privilege THEN
            -- No data set can be applied until `coordinator access prepare` has made it.
            RETURN;
        END;
    END IF;
    IF EXISTS (
        SELECT FROM pg_roles
        WHERE rolname = 'data_set_runner'
            AND (rolsuper OR rolcanlogin OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication
                OR EXISTS (
                    SELECT FROM pg_auth_members
                    WHERE member = pg_roles.oid AND roleid::regrole::text <> 'fullhouse_analyst')))
    THEN
        RAISE EXCEPTION 'the role data_set_runner may do more than read what analysts read'
            USING HINT = 'It may not log in, is a member of fullhouse_analyst alone, and has no attribute such as SUPERUSER.';
    END IF;
    FOR one IN
        SELECT pg_proc.oid::regprocedure AS called, pg_proc.proowner = 'data_set_runner'::regrole AS is_given
        FROM pg_proc
        WHERE pg_proc.pronamespace = 'data_set'::regnamespace
            AND pg_proc.proname IN ('parse_query', 'compute', 'first_failure')
            AND (pg_proc.proowner <> 'data_set_runner'::regrole OR NOT has_function_privilege(owner, pg_proc.oid, 'EXECUTE'))
    LOOP
        IF (NOT pg_has_role('data_set_runner', 'USAGE')
                OR current_setting('server_version_num')::integer >= 160000 AND NOT pg_has_role('data_set_runner', 'SET'))
            AND make_member(current_user, 'data_set_runner') IS NOT NULL
        THEN
            RETURN;
        END IF;
        IF NOT one.is_given THEN
            GRANT USAGE, CREATE ON SCHEMA data_set TO data_set_runner;
            EXECUTE format('ALTER FUNCTION %s OWNER TO data_set_runner', one.called);
            REVOKE CREATE ON SCHEMA data_set FROM data_set_runner;
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', one.called);
        END IF;
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', one.called, owner);
    END LOOP;
    -- Roles are of the server; whether analysts read this database is said by apply_access.
    IF to_regrole('fullhouse_analyst') IS NOT NULL AND has_access() THEN
        PERFORM make_member('data_set_runner', 'fullhouse_analyst');
        GRANT USAGE ON SCHEMA data_set TO fullhouse_analyst;
        GRANT SELECT ON ALL TABLES IN SCHEMA data_set TO fullhouse_analyst;
    END IF;
END
$$;

COMMENT ON FUNCTION prepare_data_set_runner IS 'Makes the role data_set_runner where it is missing, a member of the analysts, and gives it the functions that run queries of data sets. Safe to repeat. Where the caller may not make it, `coordinator access prepare` has to. Example: SELECT prepare_data_set_runner();';
REVOKE EXECUTE ON FUNCTION prepare_data_set_runner FROM PUBLIC;

SELECT prepare_data_set_runner();
