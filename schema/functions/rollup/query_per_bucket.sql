CREATE OR REPLACE FUNCTION query_per_bucket(of_rollup rollup, instead text)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
    -- OFFSET 0 keeps the planner from joining later: so the values of the bucket are parameters
    -- that reach the indexes of the tables that the query reads.
    SELECT format('(SELECT * FROM (%s) AS computed WHERE %s OFFSET 0)',
        public.query_with_parent(of_rollup, instead), public.equal_columns(of_rollup.bucket, 'computed', 'dirty'))
$$;

COMMENT ON FUNCTION query_per_bucket IS 'The query of a rollup for one bucket, to be joined laterally to a relation called dirty. Example: SELECT query_per_bucket(rollup, ''rollup.film_day'') FROM rollup WHERE name = ''film_week'';';
