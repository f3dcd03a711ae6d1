CREATE OR REPLACE FUNCTION make_data_set_table(of_name text, is_by_day boolean, draft regclass) RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    made CONSTANT regclass := to_regclass(format('data_set.%I', of_name));
    one record;
BEGIN
    IF made IS NULL THEN
        EXECUTE format('CREATE TABLE data_set.%I (%s)', of_name, (
            SELECT concat_ws(', ', CASE WHEN is_by_day THEN 'day date NOT NULL' END,
                string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum))
            FROM pg_attribute
            WHERE attrelid = draft AND attnum > 0 AND NOT attisdropped));
        IF is_by_day THEN
            EXECUTE format('CREATE INDEX ON data_set.%I (day)', of_name);
        END IF;
        EXECUTE format('GRANT SELECT ON data_set.%I TO fullhouse_analyst', of_name);
        RETURN;
    END IF;
    FOR one IN
        SELECT coalesce(was.attname, new.attname) AS name,
            format_type(was.atttypid, was.atttypmod) AS type_before, format_type(new.atttypid, new.atttypmod) AS type_now
        FROM (SELECT * FROM pg_attribute WHERE attrelid = made AND attnum > 0 AND NOT attisdropped) AS was
        FULL JOIN (SELECT * FROM pg_attribute WHERE attrelid = draft AND attnum > 0) AS new ON new.attname = was.attname
        WHERE NOT (is_by_day AND coalesce(was.attname = 'day', false))
            AND (was.atttypid, was.atttypmod) IS DISTINCT FROM (new.atttypid, new.atttypmod)
        ORDER BY new.attnum
    LOOP
        IF one.type_before IS NOT NULL THEN
            RAISE EXCEPTION 'its column % is %, and would %', one.name, one.type_before,
                    coalesce('be ' || one.type_now, 'be gone')
                USING COLUMN = 'query', HINT = format(
                    'What reads the column would break: keep it as it is (cast it), use another name, or remove the data set first: coordinator data-set remove %s.', of_name);
        END IF;
        EXECUTE format('ALTER TABLE data_set.%I ADD COLUMN %I %s', of_name, one.name, one.type_now);
    END LOOP;
END
$$;

COMMENT ON FUNCTION make_data_set_table IS 'Makes the table of a data set with the columns of its query, or adds new columns; refuses to change columns. Example: SELECT make_data_set_table(''my_test'', false, ''analytics.cinema_profile'');';
REVOKE EXECUTE ON FUNCTION make_data_set_table FROM PUBLIC;
