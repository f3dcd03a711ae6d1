CREATE OR REPLACE FUNCTION record_rollup_progress()
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    one rollup;
    oldest timestamptz;
BEGIN
    FOR one IN SELECT * FROM rollup WHERE parent IS NULL LOOP
        IF one.failed_at < now() - interval '7 days' THEN
            DELETE FROM partition_reader WHERE reader = 'rollup ' || one.name;
        ELSIF one.failed_at IS NULL THEN
            BEGIN
                EXECUTE format(
                    'SELECT least((SELECT min(marked_at) FROM rollup.%I), (SELECT min(marked_at) FROM dirty_showtime), now())',
                    one.name || '_dirty')
                INTO oldest;
            EXCEPTION WHEN undefined_table THEN
                CONTINUE;
            END;
            -- A transaction that began before and is still open ends within minutes.
            INSERT INTO partition_reader AS known (parent, reader, read_until)
            SELECT read.parent, 'rollup ' || one.name,
                CASE WHEN one.backfilled_at IS NULL THEN '-infinity' ELSE oldest - interval '1 hour' END
            FROM unnest(ARRAY['job', 'snapshot']) AS read (parent)
            ON CONFLICT (parent, reader) DO UPDATE SET read_until = excluded.read_until
            WHERE known.read_until <> excluded.read_until;
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION record_rollup_progress IS 'Records in partition_reader how far each rollup has read. Example: SELECT record_rollup_progress();';
REVOKE EXECUTE ON FUNCTION record_rollup_progress FROM PUBLIC;
