CREATE OR REPLACE FUNCTION data_set_rows(of_name text, of_day date) RETURNS SETOF text[]
LANGUAGE plpgsql STABLE
SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
SET extra_float_digits = 1 SET bytea_output = 'hex'
AS $$
DECLARE
    one data_set;
    listed text;
BEGIN
    SELECT * INTO one FROM data_set WHERE data_set.name = of_name;
    IF one.name IS NULL THEN
        RETURN;
    END IF;
    SELECT string_agg(
        CASE
            -- A time as ISO 8601, an array as JSON.
            WHEN pg_type.typcategory = 'A' OR pg_type.oid IN ('timestamptz'::regtype, 'timestamp'::regtype)
                THEN format('to_json(%I) #>> ''{}''', attname)
            -- On one line.
            WHEN pg_type.oid = 'json'::regtype THEN format('%I::jsonb::text', attname)
            ELSE format('%I::text', attname)
        END, ', ' ORDER BY attnum)
    INTO listed
    FROM pg_attribute
    INNER JOIN pg_type ON pg_type.oid = pg_attribute.atttypid
    WHERE attrelid = format('data_set.%I', one.name)::regclass AND attnum > 0 AND NOT attisdropped;
    RETURN QUERY EXECUTE format('SELECT ARRAY[%s]::text[] FROM data_set.%I %s', listed, one.name,
        CASE WHEN one.since IS NOT NULL THEN format('WHERE day = %L', of_day) ELSE '' END);
END
$$;

COMMENT ON FUNCTION data_set_rows IS 'The rows of a day of a data set, each as the texts of its columns in their order, for deliveries; the day is NULL for a data set without days. Example: SELECT data_set_rows(''my_test'', NULL);';
REVOKE EXECUTE ON FUNCTION data_set_rows FROM PUBLIC;
