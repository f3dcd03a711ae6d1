CREATE OR REPLACE FUNCTION give_database_to(new_owner text)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    old_owner oid := (SELECT relowner FROM pg_class WHERE oid = 'public.task'::regclass);
    schemas oid[] := ARRAY(
        SELECT oid FROM pg_namespace
        WHERE nspname IN ('public', 'fullhouse', 'rollup', 'data_set', 'events', 'analytics', 'analytics_detail'));
    one record;
BEGIN
    IF old_owner = new_owner::regrole THEN
        RETURN NULL;
    END IF;
    -- To give something away, a role must be a member of the new owner. From Postgres 16 on, the
    -- maker of a role is not its member from the start.
    IF NOT pg_has_role(new_owner, CASE
        WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END)
    THEN
        EXECUTE format('GRANT %I TO %I', new_owner, current_user);
    END IF;
    EXECUTE format('GRANT CREATE, CONNECT, TEMPORARY ON DATABASE %I TO %I', current_database(), new_owner);
    FOR one IN
        SELECT format('SCHEMA %I', nspname) AS name
        FROM pg_namespace
        WHERE oid = ANY (schemas) AND nspowner <> new_owner::regrole
        UNION ALL
        SELECT format(
            '%s %s',
            CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
            pg_class.oid::regclass)
        FROM pg_class
        WHERE relnamespace = ANY (schemas) AND relowner = old_owner AND relkind IN ('r', 'p', 'v', 'm', 'S')
            -- A sequence that belongs to a column goes with its table, and extensions keep theirs.
            AND NOT EXISTS (
                SELECT FROM pg_depend
                WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid
                    AND (deptype = 'e' OR (deptype IN ('a', 'i') AND relkind = 'S')))
        UNION ALL
        SELECT format('ROUTINE %s', pg_proc.oid::regprocedure)
        FROM pg_proc
        WHERE pronamespace = ANY (schemas) AND proowner = old_owner
            AND NOT EXISTS (
                SELECT FROM pg_depend
                WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
        UNION ALL
        SELECT format('TYPE %s', pg_type.oid::regtype)
        FROM pg_type
        WHERE typnamespace = ANY (schemas) AND typowner = old_owner AND typtype IN ('e', 'd')
            AND NOT EXISTS (
                SELECT FROM pg_depend
                WHERE classid = 'pg_type'::regclass AND objid = pg_type.oid AND deptype = 'e')
    LOOP
        EXECUTE format('ALTER %s OWNER TO %I', one.name, new_owner);
    END LOOP;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION give_database_to IS 'Makes a role the owner of the schemas of this project, and of everything in them that the owner of the table task has. For make_fleet_roles. Example: SELECT give_database_to(''migrator'');';
