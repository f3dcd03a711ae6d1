CREATE OR REPLACE FUNCTION rollups_due()
RETURNS SETOF text
LANGUAGE plpgsql STABLE
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    one rollup;
    is_due boolean;
    listed text[] := '{}';
BEGIN
    FOR one IN SELECT * FROM rollup WHERE failed_at IS NULL ORDER BY depth, name LOOP
        is_due := one.parent = ANY (listed) OR one.marked_at IS NULL;
        IF is_due IS NOT TRUE THEN
            BEGIN
                EXECUTE format('SELECT EXISTS (SELECT FROM rollup.%I)', one.name || '_dirty') INTO is_due;
            EXCEPTION WHEN undefined_table THEN
                CONTINUE;
            END;
        END IF;
        IF is_due THEN
            listed := listed || one.name;
            RETURN NEXT one.name;
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION rollups_due IS 'The rollups that have dirty buckets, and those above them, each after the one that it reads. Example: SELECT * FROM rollups_due();';
REVOKE EXECUTE ON FUNCTION rollups_due FROM PUBLIC;
