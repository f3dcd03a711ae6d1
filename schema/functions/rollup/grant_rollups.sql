CREATE OR REPLACE FUNCTION fullhouse.grant_rollups(grantee name)
RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM prepare_rollup_runner();
    EXECUTE format('GRANT USAGE ON SCHEMA fullhouse TO %I', grantee);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA fullhouse TO %I', grantee);
    -- Rollups that are made later, too: functions of the owner make them.
    EXECUTE format(
        'ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA fullhouse GRANT SELECT ON TABLES TO %I',
        (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'rollup'::regclass), grantee);
    EXECUTE format(
        'GRANT EXECUTE ON FUNCTION fullhouse.create_rollup, fullhouse.drop_rollup, fullhouse.refresh_rollup,
            fullhouse.open_rollup_draft, fullhouse.adopt_rollup_draft TO %I', grantee);
    -- Readers may make no tables, types or functions.
    EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC, %I', current_database(), grantee);
END
$$;

COMMENT ON FUNCTION fullhouse.grant_rollups IS 'Lets a role, such as analysts, read all rollups, and make its own from relations that it may read; called by the owner of the database. Revokes the right to make temporary tables from everybody but the owner. Example: SELECT fullhouse.grant_rollups(''analyst'');';
REVOKE EXECUTE ON FUNCTION fullhouse.grant_rollups FROM PUBLIC;
