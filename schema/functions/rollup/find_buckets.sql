CREATE OR REPLACE FUNCTION rollup.find_buckets(of_rollup public.rollup, changed jsonb, target anyelement)
RETURNS SETOF anyelement
LANGUAGE plpgsql STABLE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
SET extra_float_digits = 1 SET bytea_output = 'hex'
AS $$
DECLARE
    columns CONSTANT text := public.name_columns(of_rollup.bucket);
BEGIN
    IF current_user OPERATOR(pg_catalog.<>) 'rollup_runner'::pg_catalog.name THEN
        RAISE EXCEPTION 'a rollup is computed by the role rollup_runner alone';
    END IF;
    IF changed IS NULL THEN
        RETURN QUERY EXECUTE format(
            'SELECT DISTINCT now(), %s FROM (%s) AS touched',
            columns, public.query_with_parent(of_rollup, format('rollup.%I', of_rollup.parent)));
    ELSE
        RETURN QUERY EXECUTE format(
            'WITH %1$I AS (SELECT * FROM jsonb_populate_recordset(NULL::rollup.%1$I, $1))
            SELECT DISTINCT now(), %2$s FROM (%3$s) AS touched',
            of_rollup.parent, columns, public.query_with_parent(of_rollup, quote_ident(of_rollup.parent)))
        USING changed;
    END IF;
END
$$;

COMMENT ON FUNCTION rollup.find_buckets IS 'The buckets of a rollup into which rows of its parent fall: all rows of the parent''s table, or changed ones; rows like the last parameter. Example: SELECT * FROM rollup.find_buckets((SELECT rollup FROM rollup WHERE name = ''film_week''), ''[]'', NULL::rollup.film_week_dirty);';
REVOKE EXECUTE ON FUNCTION rollup.find_buckets FROM PUBLIC;
