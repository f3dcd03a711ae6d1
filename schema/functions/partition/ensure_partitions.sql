-- Where a long transaction reads the default partition, the partition is made at a later call.

CREATE OR REPLACE FUNCTION ensure_partitions(days_ahead integer DEFAULT 7)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '100ms'
AS $$
DECLARE
    parent record;
    day date;
    child text;
    made integer := 0;
BEGIN
    -- Attaching locks the default partition against readers. It does not wait for a long reader, as
    -- all later readers of the table would wait behind it.
    PERFORM set_config('lock_timeout', '100ms', true);
    FOR parent IN
        SELECT *
        FROM (VALUES
            ('job', 'finished_at'), ('job_log', 'logged_at'),
            ('snapshot', 'observed_at'), ('observation', 'observed_at'), ('event', 'received_at'),
            ('event_block', 'received_day'))
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
            BEGIN
                -- Made apart and then attached, as rows of that day may be in the default
                -- partition and must move.
                EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMPRESSION)', child, parent.name);
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
                -- The partition's column would have to be part of an index of the parent.
                IF parent.name = 'event' THEN
                    EXECUTE format('CREATE UNIQUE INDEX %I ON %I (message_key)', child || '_message_key', child);
                END IF;
                made := made + 1;
            EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
                NULL;
            END;
        END LOOP;
    END LOOP;
    RETURN made;
END;
$$;

COMMENT ON FUNCTION ensure_partitions IS 'Makes the partitions of the UTC days from yesterday to days_ahead days from now, except those whose locks are taken; returns how many it made. Example: SELECT ensure_partitions(7);';
REVOKE EXECUTE ON FUNCTION ensure_partitions FROM PUBLIC;
