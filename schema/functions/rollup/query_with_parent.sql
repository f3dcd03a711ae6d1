CREATE OR REPLACE FUNCTION query_with_parent(of_rollup rollup, instead text)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
    -- The query as the database wrote it names each relation with its schema; that this one is
    -- named once, and nowhere else in the text, was checked when the rollup was made.
    SELECT CASE WHEN of_rollup.parent IS NULL THEN of_rollup.query
        ELSE replace(of_rollup.query, 'fullhouse.' || quote_ident(of_rollup.parent), instead)
    END
$$;

COMMENT ON FUNCTION query_with_parent IS 'The query of a rollup, with another relation in place of the view of its parent. Example: SELECT query_with_parent(rollup, ''rollup.film_day'') FROM rollup WHERE name = ''film_week'';';
