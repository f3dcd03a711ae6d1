CREATE OR REPLACE FUNCTION remove_data_set(of_name text) RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp SET client_min_messages = warning
AS $$
DECLARE
    readers text;
BEGIN
    LOCK TABLE data_set_input IN SHARE ROW EXCLUSIVE MODE;
    SELECT string_agg(data_set_input.name, ', ' ORDER BY data_set_input.name) INTO readers
    FROM data_set_input
    WHERE data_set_input.kind = 'data_set' AND data_set_input.input = of_name;
    IF readers IS NOT NULL THEN
        RAISE EXCEPTION 'the data set % is read by %', of_name, readers USING HINT = 'Remove these first, or apply them without it.';
    END IF;
    DELETE FROM data_set WHERE data_set.name = of_name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no data set %', of_name USING HINT = '`coordinator data-set list` shows all.';
    END IF;
    EXECUTE format('DROP TABLE data_set.%I', of_name);
    UPDATE rollup SET is_followed = false
    WHERE is_followed AND NOT EXISTS (
        SELECT FROM data_set_input WHERE data_set_input.kind = 'rollup' AND data_set_input.input = rollup.name);
END
$$;

COMMENT ON FUNCTION remove_data_set IS 'Removes a data set with its table, unless another reads it. Example: SELECT remove_data_set(''my_test'');';
REVOKE EXECUTE ON FUNCTION remove_data_set FROM PUBLIC;
