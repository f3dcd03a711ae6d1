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

COMMENT ON FUNCTION refresh_empty_rollups IS 'Runs the first refresh of rollups that had no buckets when they were made, such as all rollups of a new database; the leader refreshes the others. For `coordinator migrate`. Example: SELECT refresh_empty_rollups();';
REVOKE EXECUTE ON FUNCTION refresh_empty_rollups FROM PUBLIC;
