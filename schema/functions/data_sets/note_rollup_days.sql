CREATE OR REPLACE FUNCTION note_rollup_days(of_rollup rollup, changed jsonb) RETURNS void
LANGUAGE sql
SET search_path = public, pg_temp
AS $$
    INSERT INTO rollup_revision AS known (rollup_name, day)
    SELECT DISTINCT of_rollup.name,
        CASE WHEN of_rollup.day_column IS NOT NULL THEN (row.value ->> of_rollup.day_column)::date END
    FROM jsonb_array_elements(changed) AS row (value)
    ORDER BY 2
    ON CONFLICT ON CONSTRAINT rollup_revision_key DO UPDATE
    SET revision = known.revision + 1, changed_at = now()
$$;

COMMENT ON FUNCTION note_rollup_days IS 'Counts the days of changed rows of a rollup that a data set reads. Example: SELECT note_rollup_days(rollup, ''[{"business_on": "2026-11-30"}]'') FROM rollup WHERE name = ''cinema_day'';';
REVOKE EXECUTE ON FUNCTION note_rollup_days FROM PUBLIC;
