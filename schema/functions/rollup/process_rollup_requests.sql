CREATE OR REPLACE FUNCTION process_rollup_requests() RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp SET client_min_messages = warning
AS $$
DECLARE
    one text;
BEGIN
    IF EXISTS (SELECT FROM rollup_request) THEN
        FOR one IN
            SELECT rollup.name
            FROM rollup
            WHERE EXISTS (
                SELECT FROM rollup_request AS request
                WHERE request.rollup_name = rollup.name AND (request.is_forced OR rollup.failed_at IS NOT NULL))
            FOR NO KEY UPDATE SKIP LOCKED
        LOOP
            UPDATE rollup SET failed_at = NULL, last_error = NULL, marked_at = NULL, backfilled_at = NULL WHERE name = one;
            DELETE FROM rollup_request WHERE rollup_name = one;
            -- From now on it holds partitions again.
            PERFORM record_rollup_progress();
        END LOOP;
        DELETE FROM rollup_request AS request
        WHERE NOT EXISTS (
            SELECT FROM rollup
            WHERE rollup.name = request.rollup_name AND (request.is_forced OR rollup.failed_at IS NOT NULL));
    END IF;
    FOR one IN SELECT DISTINCT rollup_name FROM rollup_dropped LOOP
        BEGIN
            -- It does not wait for open transactions that read one of them.
            IF to_regclass(format('rollup.%I', one)) IS NOT NULL THEN
                EXECUTE format('LOCK TABLE rollup.%I, rollup.%I IN ACCESS EXCLUSIVE MODE NOWAIT', one, one || '_dirty');
            END IF;
            IF to_regclass(format('rollup.%I', one || '_idx')) IS NOT NULL THEN
                EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', (
                    SELECT indrelid::regclass FROM pg_index WHERE indexrelid = to_regclass(format('rollup.%I', one || '_idx'))));
            END IF;
            PERFORM drop_rollup_tables(one);
        EXCEPTION WHEN lock_not_available THEN
            NULL;
        END;
    END LOOP;
END
$$;

COMMENT ON FUNCTION process_rollup_requests IS 'Takes up the rollups of rollup_request, and removes the tables of dropped rollups that nobody reads; for mark_dirty_buckets. Example: SELECT process_rollup_requests();';
REVOKE EXECUTE ON FUNCTION process_rollup_requests FROM PUBLIC;
