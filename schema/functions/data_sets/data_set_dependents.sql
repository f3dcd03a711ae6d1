CREATE OR REPLACE FUNCTION data_set_dependents(of_name text) RETURNS text[]
LANGUAGE sql STABLE
AS $$
    WITH RECURSIVE above AS (
        SELECT of_name AS name
        UNION
        SELECT data_set_input.name
        FROM above
        INNER JOIN data_set_input ON data_set_input.kind = 'data_set' AND data_set_input.input = above.name
    )
    SELECT coalesce(array_agg(above.name ORDER BY above.name), '{}') FROM above WHERE above.name <> of_name
$$;

COMMENT ON FUNCTION data_set_dependents IS 'The data sets that read one, directly or through others. Example: SELECT data_set_dependents(''my_test'');';
