CREATE OR REPLACE FUNCTION draft_load(draft text, files jsonb, is_by_day boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT * FROM jsonb_to_recordset(files -> 'columns') AS made (name text, type text) LOOP
        IF one.name !~ '^[a-z][a-z0-9_]{0,62}$' OR one.type <> ALL (
            '{text,integer,bigint,numeric,float,boolean,date,timestamptz,jsonb}')
        THEN
            RAISE EXCEPTION 'a column cannot be % of type %', one.name, one.type USING COLUMN = 'columns';
        END IF;
        IF is_by_day AND one.name = 'day' THEN
            RAISE EXCEPTION 'a column cannot be called "day", which every data set by day has already'
                USING COLUMN = 'columns', HINT = 'Use another name: the day that is built is written there.';
        END IF;
    END LOOP;
    EXECUTE format('CREATE VIEW %I.query AS SELECT %s', draft, (
        SELECT string_agg(format('NULL::pg_catalog.%I AS %I',
            CASE made.type WHEN 'integer' THEN 'int4' WHEN 'bigint' THEN 'int8' WHEN 'float' THEN 'float8'
                WHEN 'boolean' THEN 'bool' ELSE made.type END,
            made.name), ', ' ORDER BY made.number)
        FROM ROWS FROM (jsonb_to_recordset(files -> 'columns') AS (name text, type text))
            WITH ORDINALITY AS made (name, type, number)));
END
$$;

COMMENT ON FUNCTION draft_load IS 'Makes a view "query" in a draft with the columns of a data set that is read from files, for make_data_set_table. Example: SELECT draft_load(''data_set_draft_1'', ''{"columns": [{"name": "id", "type": "text"}]}'', true);';
REVOKE EXECUTE ON FUNCTION draft_load FROM PUBLIC;
