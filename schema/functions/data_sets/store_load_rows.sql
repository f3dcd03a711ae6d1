-- The values are texts that the coordinator made and checked; here they become the types of the table.

CREATE OR REPLACE FUNCTION store_load_rows(one data_set, build data_set_build) RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp SET datestyle = 'ISO, YMD'
AS $$
DECLARE
    names text;
    casts text;
BEGIN
    SELECT string_agg(format('%I', made.name), ', ' ORDER BY made.number),
        string_agg(format('(made.one ->> %s)::%s', made.number - 1, format_type(pg_attribute.atttypid, pg_attribute.atttypmod)),
            ', ' ORDER BY made.number)
    INTO STRICT names, casts
    FROM ROWS FROM (jsonb_to_recordset(one.files -> 'columns') AS (name text)) WITH ORDINALITY AS made (name, number)
    INNER JOIN pg_attribute
        ON pg_attribute.attrelid = format('data_set.%I', one.name)::regclass AND pg_attribute.attname = made.name
        AND pg_attribute.attnum > 0 AND NOT pg_attribute.attisdropped;
    IF one.since IS NOT NULL THEN
        names := 'day, ' || names;
        casts := format('%L::date, ', build.day) || casts;
    END IF;
    EXECUTE format(
        'INSERT INTO data_set.%I (%s) SELECT %s FROM load_row CROSS JOIN jsonb_array_elements(load_row.rows) AS made (one)
        WHERE load_row.build_id = $1', one.name, names, casts)
    USING build.build_id;
END
$$;

COMMENT ON FUNCTION store_load_rows IS 'Stores the rows that a build staged in load_row into the table of its data set, for build_data_set. Example: SELECT store_load_rows(data_set, data_set_build) FROM data_set INNER JOIN data_set_build USING (name);';
REVOKE EXECUTE ON FUNCTION store_load_rows FROM PUBLIC;
