CREATE OR REPLACE FUNCTION prepare_rollup_runner() RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    owner CONSTANT name := (SELECT relowner::regrole::name FROM pg_class WHERE oid = 'rollup'::regclass);
    hint CONSTANT text := format('As a superuser: CREATE ROLE rollup_runner; GRANT rollup_runner TO %I;', current_user);
    one record;
BEGIN
    -- Several databases of one server may make it at the same time.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rollup_runner') THEN
        BEGIN
            CREATE ROLE rollup_runner NOLOGIN;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN
                NULL;
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'there is no role rollup_runner, and % may not make it', current_user USING HINT = hint;
        END;
    END IF;
    IF EXISTS (
        SELECT FROM pg_roles
        WHERE rolname = 'rollup_runner'
            AND (rolsuper OR rolcanlogin OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication
                OR EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid)))
    THEN
        RAISE EXCEPTION 'the role rollup_runner may do more than compute rollups'
            USING HINT = 'It may not log in, is a member of no role, and has no attribute such as SUPERUSER.';
    END IF;
    FOR one IN
        SELECT pg_proc.oid::regprocedure AS called, pg_proc.proowner = 'rollup_runner'::regrole AS is_given
        FROM pg_proc
        WHERE pg_proc.pronamespace = 'rollup'::regnamespace
            AND pg_proc.proname IN ('compute_all', 'compute_buckets', 'find_buckets')
            AND (pg_proc.proowner <> 'rollup_runner'::regrole OR NOT has_function_privilege(owner, pg_proc.oid, 'EXECUTE'))
    LOOP
        -- Since Postgres 16 who makes a role is its administrator, and no more before it says so.
        IF NOT pg_has_role('rollup_runner', 'USAGE')
            OR current_setting('server_version_num')::integer >= 160000 AND NOT pg_has_role('rollup_runner', 'SET') THEN
            BEGIN
                EXECUTE format('GRANT rollup_runner TO %I', current_user);
            EXCEPTION
                WHEN unique_violation OR internal_error THEN
                    NULL;
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION 'the role rollup_runner is there, and % may not give it functions', current_user
                        USING HINT = hint;
            END;
        END IF;
        IF NOT one.is_given THEN
            GRANT CREATE ON SCHEMA rollup TO rollup_runner;
            EXECUTE format('ALTER FUNCTION %s OWNER TO rollup_runner', one.called);
            REVOKE CREATE ON SCHEMA rollup FROM rollup_runner;
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', one.called);
        END IF;
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', one.called, owner);
    END LOOP;

    -- It reads what a query may name, and what the views among these read with its rights.
    GRANT USAGE ON SCHEMA public, fullhouse, rollup TO rollup_runner;
    FOR one IN SELECT nspname FROM pg_namespace WHERE nspname IN ('analytics', 'analytics_detail') LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO rollup_runner', one.nspname);
    END LOOP;
    FOR one IN
        SELECT pg_class.oid::regclass AS relation, NULL AS columns
        FROM pg_class
        INNER JOIN rollup_input ON rollup_input.name = pg_class.relname AND NOT rollup_input.is_function
        WHERE pg_class.relnamespace::regnamespace::text IN ('public', 'analytics', 'analytics_detail')
        UNION ALL
        SELECT pg_class.oid::regclass, NULL
        FROM rollup
        CROSS JOIN unnest(ARRAY['rollup', 'fullhouse']) AS home (name)
        INNER JOIN pg_class ON pg_class.oid = to_regclass(format('%I.%I', home.name, rollup.name))
        UNION ALL
        SELECT reached.relation, ' (' || string_agg(quote_ident(reached.column_name), ', ') || ')'
        FROM view_dependencies(ARRAY(
            SELECT pg_class.oid::regclass
            FROM pg_class
            INNER JOIN rollup_input ON rollup_input.name = pg_class.relname AND NOT rollup_input.is_function
            WHERE pg_class.relnamespace::regnamespace::text IN ('public', 'analytics', 'analytics_detail')
                AND pg_class.relkind = 'v')) AS reached
        GROUP BY reached.relation
    LOOP
        EXECUTE format('GRANT SELECT%s ON %s TO rollup_runner', one.columns, one.relation);
    END LOOP;
END
$$;

COMMENT ON FUNCTION prepare_rollup_runner IS 'Makes the role rollup_runner where it is missing, and gives it the functions that compute rollups and what these read. Safe to repeat. It needs CREATEROLE, or the role and membership in it. Example: SELECT prepare_rollup_runner();';
REVOKE EXECUTE ON FUNCTION prepare_rollup_runner FROM PUBLIC;

SELECT prepare_rollup_runner();
