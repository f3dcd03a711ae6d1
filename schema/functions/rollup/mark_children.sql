CREATE OR REPLACE FUNCTION mark_children(of_rollup text, changed jsonb)
RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    child rollup;
BEGIN
    FOR child IN SELECT * FROM rollup WHERE parent = of_rollup AND failed_at IS NULL LOOP
        BEGIN
            -- The child's own query over the changed rows gives the buckets into which they fall.
            EXECUTE format(
                'INSERT INTO rollup.%1$I (%2$s) SELECT %2$s FROM rollup.find_buckets($1, $2, NULL::rollup.%1$I) AS named',
                child.name || '_dirty', name_columns(child.bucket))
            USING child, changed;
        EXCEPTION WHEN OTHERS OR query_canceled THEN
            -- An error in the query of a child must not fail its parent.
            IF left(SQLSTATE, 2) IN ('40', '53', '57', '58', 'XX') AND SQLSTATE <> '57014' THEN
                RAISE;
            ELSIF EXISTS (SELECT FROM rollup WHERE name = child.name) THEN
                PERFORM set_rollup_aside(child.name, SQLERRM);
            END IF;
        END;
    END LOOP;
END
$$;

COMMENT ON FUNCTION mark_children IS 'Marks the buckets of the rollups that read a rollup, into which its changed rows fall, before and after the change. Example: SELECT mark_children(''film_day'', ''[]'');';
REVOKE EXECUTE ON FUNCTION mark_children FROM PUBLIC;
