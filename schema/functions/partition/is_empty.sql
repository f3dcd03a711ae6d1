-- Only for tables of the owner: a table of another role can run code of that role.
CREATE OR REPLACE FUNCTION is_empty(partition regclass)
RETURNS boolean
LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    answer boolean;
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_class
        WHERE oid = partition AND relkind = 'r' AND relispartition
            AND relnamespace = 'public'::regnamespace AND pg_get_userbyid(relowner) = current_user)
    THEN
        RAISE EXCEPTION '% is no partition of this database', partition;
    END IF;
    EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', partition) INTO answer;
    RETURN answer;
END
$$;

COMMENT ON FUNCTION is_empty IS 'Whether a table has no row. Example: SELECT is_empty(''snapshot_default'');';
REVOKE EXECUTE ON FUNCTION is_empty FROM PUBLIC;
