CREATE OR REPLACE FUNCTION rollup_backlog()
RETURNS TABLE (name text, entries bigint, oldest_at timestamptz, bytes bigint, rows_estimated bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    one rollup;
BEGIN
    FOR one IN SELECT * FROM rollup LOOP
        BEGIN
            RETURN QUERY EXECUTE format(
                'SELECT %1$L::text, own.waiting + log.waiting, least(own.oldest_at, log.oldest_at),
                    pg_total_relation_size(%2$L::regclass), (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %2$L::regclass)
                FROM (SELECT count(*) + $1 AS waiting, min(marked_at) AS oldest_at FROM rollup.%3$I) AS own
                CROSS JOIN (SELECT count(*) AS waiting, min(marked_at) AS oldest_at FROM dirty_showtime WHERE %4$L) AS log',
                one.name, format('rollup.%I', one.name), one.name || '_dirty', one.parent IS NULL)
            -- Until they are marked, all buckets wait.
            USING CASE WHEN one.marked_at IS NULL AND one.failed_at IS NULL THEN one.backfill_buckets ELSE 0 END;
        EXCEPTION WHEN undefined_table THEN
            CONTINUE;
        END;
    END LOOP;
END
$$;

COMMENT ON FUNCTION rollup_backlog IS 'The number of entries that each rollup has not processed yet, and the time of the oldest. Example: SELECT * FROM rollup_backlog();';
