-- STABLE: whatever the query is, no statement of it may write.

CREATE OR REPLACE FUNCTION data_set.compute(query text, target anyelement)
RETURNS SETOF anyelement
LANGUAGE plpgsql STABLE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
SET extra_float_digits = 1 SET bytea_output = 'hex'
AS $$
BEGIN
    IF current_user OPERATOR(pg_catalog.<>) 'data_set_runner'::pg_catalog.name THEN
        RAISE EXCEPTION 'a data set is computed by the role data_set_runner alone';
    END IF;
    RETURN QUERY EXECUTE query;
END
$$;

COMMENT ON FUNCTION data_set.compute IS 'Runs a query that was checked, with the rights of analysts and without the right to write; rows like the last parameter. Example: SELECT * FROM data_set.compute(''SELECT 1'', NULL::integer);';
REVOKE EXECUTE ON FUNCTION data_set.compute FROM PUBLIC;
