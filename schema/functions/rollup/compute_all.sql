-- This function, compute_buckets and find_buckets belong to the role rollup_runner. Each refuses to run
-- as another role, also if it was changed to run as its caller.

CREATE OR REPLACE FUNCTION rollup.compute_all(of_rollup public.rollup, reading text, target anyelement)
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
    RETURN QUERY EXECUTE format('SELECT * FROM (%s) AS computed', public.query_with_parent(of_rollup, reading));
END
$$;

COMMENT ON FUNCTION rollup.compute_all IS 'Computes a whole rollup, with another relation in place of the view of its parent; rows like the last parameter. Example: SELECT * FROM rollup.compute_all((SELECT rollup FROM rollup WHERE name = ''film_day''), ''rollup.showtime_sales'', NULL::rollup.film_day);';
REVOKE EXECUTE ON FUNCTION rollup.compute_all FROM PUBLIC;
