CREATE OR REPLACE FUNCTION name_columns(columns text[], of_relation text DEFAULT NULL)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
    SELECT string_agg(coalesce(of_relation || '.', '') || quote_ident(name), ', ' ORDER BY place)
    FROM unnest(columns) WITH ORDINALITY AS listed (name, place)
$$;

COMMENT ON FUNCTION name_columns IS 'A list of columns, quoted for a statement. Example: SELECT name_columns(''{film_id,business_on}'', ''kept'');';
