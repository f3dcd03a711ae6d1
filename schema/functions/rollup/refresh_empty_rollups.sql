CREATE OR REPLACE FUNCTION refresh_empty_rollups() RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    one text;
BEGIN
    FOR one IN
        SELECT name FROM rollup
        WHERE marked_at IS NULL AND failed_at IS NULL AND backfill_buckets = 0
        ORDER BY depth, name
    LOOP
        PERFORM refresh_buckets(one, 1);
    END LOOP;
    PERFORM record_rollup_progress();
END
$$;

COMMENT ON FUNCTION refresh_empty_rollups IS 'Does the first refresh of rollups that had no bucket when they were made, as those of a new database; the leader does that of the others. For `coordinator migrate`. Example: SELECT refresh_empty_rollups();';
REVOKE EXECUTE ON FUNCTION refresh_empty_rollups FROM PUBLIC;
