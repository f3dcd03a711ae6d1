CREATE OR REPLACE FUNCTION data_set.first_failure(check_query text) RETURNS jsonb
LANGUAGE plpgsql STABLE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
SET extra_float_digits = 1 SET bytea_output = 'hex'
AS $$
DECLARE
    failure jsonb;
BEGIN
    IF current_user OPERATOR(pg_catalog.<>) 'data_set_runner'::pg_catalog.name THEN
        RAISE EXCEPTION 'a data set is checked by the role data_set_runner alone';
    END IF;
    EXECUTE format('SELECT to_jsonb(failure) FROM (%s) AS failure LIMIT 1', check_query) INTO failure;
    RETURN failure;
END
$$;

COMMENT ON FUNCTION data_set.first_failure IS 'The first row of the check of a data set, NULL if there is none and all is well. Example: SELECT data_set.first_failure(''SELECT 1 AS one WHERE false'');';
REVOKE EXECUTE ON FUNCTION data_set.first_failure FROM PUBLIC;
