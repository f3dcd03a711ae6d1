-- Partitions by day, made ahead. Each table has a default partition as well, so
-- that a missing day costs a warning, never a row.

CREATE TABLE job_default PARTITION OF job DEFAULT;
CREATE TABLE job_log_default PARTITION OF job_log DEFAULT;
CREATE TABLE snapshot_default PARTITION OF snapshot DEFAULT;
CREATE TABLE observation_default PARTITION OF observation DEFAULT;
COMMENT ON TABLE job_default IS 'History that no day''s partition took.';
COMMENT ON TABLE job_log_default IS 'Log lines that no day''s partition took.';
COMMENT ON TABLE snapshot_default IS 'Snapshots that no day''s partition took.';
COMMENT ON TABLE observation_default IS 'Observations that no day''s partition took.';

CREATE FUNCTION ensure_partitions(days_ahead integer DEFAULT 7)
RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    parent record;
    day date;
    child text;
    made integer := 0;
BEGIN
    FOR parent IN
        SELECT *
        FROM (VALUES
            ('job', 'finished_at'), ('job_log', 'logged_at'),
            ('snapshot', 'observed_at'), ('observation', 'observed_at'))
            AS partitioned (name, by_column)
    LOOP
        FOR day IN
            SELECT generate_series(
                (now() AT TIME ZONE 'UTC')::date - 1,
                (now() AT TIME ZONE 'UTC')::date + days_ahead,
                interval '1 day')::date
        LOOP
            child := parent.name || '_' || to_char(day, 'YYYYMMDD');
            CONTINUE WHEN to_regclass(child) IS NOT NULL;
            -- Made apart and then attached: rows that the default partition took
            -- meanwhile move over, and readers of the parent are not locked out.
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child, parent.name);
            EXECUTE format('COMMENT ON TABLE %I IS %L', child, parent.name || ' of ' || day || ' (UTC).');
            EXECUTE format(
                'WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
                parent.name || '_default',
                parent.by_column, day::timestamp AT TIME ZONE 'UTC',
                parent.by_column, (day + 1)::timestamp AT TIME ZONE 'UTC',
                child);
            EXECUTE format(
                'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                parent.name, child,
                day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END;
$$;
COMMENT ON FUNCTION ensure_partitions IS 'Makes the partitions from yesterday to days_ahead days from now, UTC days; returns how many it made. Example: SELECT ensure_partitions(7);';

SELECT ensure_partitions(7);
