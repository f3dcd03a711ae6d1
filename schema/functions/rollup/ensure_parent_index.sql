CREATE OR REPLACE FUNCTION ensure_parent_index(of_rollup rollup) RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    columns text[];
BEGIN
    -- A child finds the rows of its bucket in the parent by their columns, where no key of it does.
    SELECT array_agg(listed.name ORDER BY listed.place) INTO columns
    FROM unnest(of_rollup.keys) WITH ORDINALITY AS listed (name, place)
    INNER JOIN pg_attribute
        ON pg_attribute.attrelid = to_regclass(format('rollup.%I', of_rollup.parent)) AND pg_attribute.attname = listed.name;
    IF columns IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_index
        INNER JOIN pg_attribute ON pg_attribute.attrelid = pg_index.indrelid AND pg_attribute.attnum = pg_index.indkey[0]
        WHERE pg_index.indrelid = to_regclass(format('rollup.%I', of_rollup.parent)) AND pg_attribute.attname = ANY (columns)
    ) THEN
        EXECUTE format('CREATE INDEX %I ON rollup.%I (%s)', of_rollup.name || '_idx', of_rollup.parent, name_columns(columns));
    END IF;
END
$$;

COMMENT ON FUNCTION ensure_parent_index IS 'Makes an index on the table of the parent of a rollup, if none serves the buckets of the rollup. Example: SELECT ensure_parent_index(rollup) FROM rollup WHERE name = ''film_week'';';
REVOKE EXECUTE ON FUNCTION ensure_parent_index FROM PUBLIC;
