CREATE OR REPLACE FUNCTION mark_all(of_rollup text)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    one rollup;
    buckets bigint;
BEGIN
    SELECT * INTO STRICT one FROM rollup WHERE name = of_rollup;
    -- Buckets that are no more are computed as well, to nothing.
    EXECUTE format(
        'INSERT INTO rollup.%1$I (%2$s)
        SELECT %2$s FROM all_buckets($1, NULL::rollup.%1$I) AS named UNION SELECT %2$s FROM rollup.%3$I',
        of_rollup || '_dirty', name_columns(one.bucket), of_rollup)
    USING one;
    GET DIAGNOSTICS buckets = ROW_COUNT;
    UPDATE rollup SET backfill_buckets = buckets, backfilled_at = NULL, marked_at = now() WHERE name = of_rollup;
    RETURN buckets;
END
$$;

COMMENT ON FUNCTION mark_all IS 'Marks every bucket of a rollup: the leader computes them batch by batch; returns how many. Example: SELECT mark_all(''film_day'');';
REVOKE EXECUTE ON FUNCTION mark_all FROM PUBLIC;
