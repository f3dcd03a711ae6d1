CREATE OR REPLACE FUNCTION rollup.current_rows(of_rollup text, target anyelement)
RETURNS SETOF anyelement
LANGUAGE plpgsql STABLE ROWS 10
SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    one rollup;
    buckets jsonb;
BEGIN
    SELECT * INTO STRICT one FROM rollup WHERE rollup.name = of_rollup;
    IF one.marked_at IS NULL AND one.failed_at IS NULL THEN
        RETURN QUERY EXECUTE format('SELECT * FROM rollup.compute_all($1, $2, NULL::rollup.%I)', of_rollup)
        USING one, 'fullhouse.' || quote_ident(one.parent);
        RETURN;
    END IF;
    EXECUTE format(
        'SELECT jsonb_agg(to_jsonb(bucket)) FROM (SELECT DISTINCT %s FROM rollup.stale_buckets(%L, NULL::rollup.%I)) AS bucket',
        name_columns(one.bucket), of_rollup, of_rollup || '_dirty')
    INTO buckets;
    IF buckets IS NOT NULL THEN
        RETURN QUERY EXECUTE format('SELECT * FROM rollup.compute_buckets($1, $2, $3, NULL::rollup.%I)', of_rollup)
        USING one, 'fullhouse.' || quote_ident(one.parent), buckets;
    END IF;
END
$$;

COMMENT ON FUNCTION rollup.current_rows IS 'The rows of the buckets that rollup.stale_buckets names, computed now; rows like the last parameter. Example: SELECT * FROM rollup.current_rows(''film_day'', NULL::rollup.film_day);';
