CREATE OR REPLACE FUNCTION rollup.compute_buckets(of_rollup public.rollup, reading text, buckets jsonb, target anyelement)
RETURNS SETOF anyelement
LANGUAGE plpgsql STABLE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
SET extra_float_digits = 1 SET bytea_output = 'hex'
AS $$
BEGIN
    IF current_user OPERATOR(pg_catalog.<>) 'rollup_runner'::pg_catalog.name THEN
        RAISE EXCEPTION 'a rollup is computed by the role rollup_runner alone';
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT fresh.* FROM jsonb_populate_recordset(NULL::rollup.%I, $1) AS dirty CROSS JOIN LATERAL %s AS fresh',
        of_rollup.name || '_dirty', public.query_per_bucket(of_rollup, reading))
    USING buckets;
END
$$;

COMMENT ON FUNCTION rollup.compute_buckets IS 'Computes buckets of a rollup, with another relation in place of the view of its parent; rows like the last parameter. Example: SELECT * FROM rollup.compute_buckets((SELECT rollup FROM rollup WHERE name = ''film_day''), ''rollup.showtime_sales'', ''[]'', NULL::rollup.film_day);';
REVOKE EXECUTE ON FUNCTION rollup.compute_buckets FROM PUBLIC;
