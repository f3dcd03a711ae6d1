CREATE OR REPLACE FUNCTION mark_dirty_buckets(most integer DEFAULT 20000)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    taken dirty_showtime[];
    one rollup;
BEGIN
    -- One session at a time, and none while a whole rollup is marked, which would miss the entries taken now.
    PERFORM FROM rollup_lock FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    PERFORM process_rollup_requests();
    WITH gone AS (
        DELETE FROM dirty_showtime AS entry
        WHERE entry.ctid = ANY (ARRAY(SELECT ctid FROM dirty_showtime LIMIT most))
        RETURNING entry
    )
    SELECT array_agg(gone.entry) INTO taken FROM gone;
    IF taken IS NULL THEN
        RETURN 0;
    END IF;
    FOR one IN SELECT * FROM rollup WHERE parent IS NULL AND failed_at IS NULL LOOP
        EXECUTE format(
            'INSERT INTO rollup.%I (marked_at, %2$s) SELECT min(marked_at), %2$s FROM dirty_buckets($1) GROUP BY %2$s',
            one.name || '_dirty', name_columns(one.bucket))
        USING taken;
    END LOOP;
    RETURN cardinality(taken);
END
$$;

COMMENT ON FUNCTION mark_dirty_buckets IS 'Takes a number of log entries at most, and marks the buckets into which they fall, of every rollup without a parent; returns how many it took. Example: SELECT mark_dirty_buckets();';
REVOKE EXECUTE ON FUNCTION mark_dirty_buckets FROM PUBLIC;
