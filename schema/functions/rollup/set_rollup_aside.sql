CREATE OR REPLACE FUNCTION set_rollup_aside(of_rollup text, error text)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
    -- SKIP LOCKED: a transaction that drops the rollup may stay open.
    PERFORM FROM rollup WHERE name = of_rollup AND failed_at IS NULL FOR NO KEY UPDATE SKIP LOCKED;
    IF FOUND THEN
        UPDATE rollup SET failed_at = now(), last_error = left(error, 1000), marked_at = NULL WHERE name = of_rollup;
        -- These buckets are not computed; all are marked when it is taken up again.
        EXECUTE format('DELETE FROM rollup.%I', of_rollup || '_dirty');
    ELSE
        INSERT INTO rollup_request (rollup_name, is_forced)
        SELECT name, true FROM rollup WHERE name = of_rollup AND failed_at IS NULL;
    END IF;
END
$$;

COMMENT ON FUNCTION set_rollup_aside IS 'Sets a rollup aside because its query failed: rollup_status shows the error, fullhouse.refresh_rollup takes it up again, and after a week it no longer holds partitions. Example: SELECT set_rollup_aside(''my_test'', ''a column vanished'');';
REVOKE EXECUTE ON FUNCTION set_rollup_aside FROM PUBLIC;
