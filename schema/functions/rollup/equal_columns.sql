CREATE OR REPLACE FUNCTION equal_columns(columns text[], one text, other text)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
    SELECT string_agg(format('%s.%I = %s.%I', one, name, other, name), ' AND ' ORDER BY place)
    FROM unnest(columns) WITH ORDINALITY AS listed (name, place)
$$;

COMMENT ON FUNCTION equal_columns IS 'A condition that two relations agree in columns. Example: SELECT equal_columns(''{film_id,business_on}'', ''kept'', ''dirty'');';
