-- A history of thirty days: $JOBS jobs of twenty sources, twenty of which failed, and $LINES log lines
-- for each job. Run as one script; the numbers are put in before.
SET synchronous_commit = off;

DO $$
DECLARE
    parent text;
    day date;
BEGIN
    FOREACH parent IN ARRAY ARRAY['job', 'job_log'] LOOP
        FOR day IN SELECT generate_series(current_date - 31, current_date - 2, interval '1 day')::date LOOP
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                parent || '_' || to_char(day, 'YYYYMMDD'), parent,
                day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
        END LOOP;
    END LOOP;
END
$$;

INSERT INTO limit_key (name, burst, rate_per_second) SELECT 'host ' || n, 10, 5 FROM generate_series(1, 20) AS n;
INSERT INTO source (name, title) SELECT 'chain-' || n, 'Chain ' || n FROM generate_series(1, 20) AS n;
INSERT INTO definition (source_id, version, body) SELECT source_id, 1, '' FROM source;
UPDATE source SET definition_id = definition.definition_id FROM definition WHERE definition.source_id = source.source_id;
INSERT INTO step (source_id, limit_key_id, every_seconds, timeout_seconds, priority, yields, name)
SELECT source_id, source_id, every, 30, 10, yields::step_yield, yields
FROM (VALUES (3600, 'cinemas'), (900, 'showtimes'), (300, 'seats')) AS step (every, yields)
CROSS JOIN source
ORDER BY every DESC, source_id;
INSERT INTO pod (name, version, agents, lease_expires_at) VALUES ('pod', '0', 1, now());

-- A task of seats for each hundred jobs, discovered by a listing, which a root discovered.
INSERT INTO task (step_id, key, subject_id, discovered_by, touched_by)
SELECT 41 + n % 20, 'cinema/' || n, 1 + n, 21 + n % 400, 21 + n % 400
FROM generate_series(0, $JOBS / 100) AS n;

INSERT INTO job (
    job_id, task_id, parent_job_id, enqueued_at, claimed_at, observed_at, finished_at, pod_id,
    definition_id, step_id, fetch_micros, response_bytes, row_count, outcome, error_class, http_status,
    requests, attempt, sold, changed, request_url, error,
    wait_micros, first_byte_micros, body_micros, extract_micros, store_micros, request_kind)
SELECT
    n,
    -- The first twenty are roots, the next four hundred listings.
    CASE WHEN n > 420 THEN 1 + n % (1 + $JOBS / 100) ELSE 100000000 + n END,
    CASE WHEN n > 420 THEN 21 + (n % (1 + $JOBS / 100)) % 400 WHEN n > 20 THEN 1 + n % 20 END,
    at - interval '200 milliseconds', at - interval '150 milliseconds', at, at, 1,
    1 + n % 20,
    CASE WHEN n > 420 THEN 41 WHEN n > 20 THEN 21 ELSE 1 END + (n % (1 + $JOBS / 100)) % 20,
    40000, 14000, 300,
    CASE WHEN is_failed THEN 'failed' ELSE 'succeeded' END::job_outcome,
    CASE WHEN is_failed THEN 'timeout' END::error_class,
    200, 1, 1, 100, n % 10 = 0, 'https://chain.example/seats/' || n, CASE WHEN is_failed THEN 'no answer' END,
    20, 38000, 2000, 900, 60000, 'step'
FROM (
    SELECT n, now() - interval '30 days' + n * (interval '30 days' / $JOBS) AS at, n % ($JOBS / 20) = 7 AS is_failed
    FROM generate_series(1, $JOBS) AS n
) AS made;

INSERT INTO job_log (job_id, logged_at, level, message, fields)
SELECT job_id, finished_at, 'info', 'line ' || line || ' of the log of a job',
    CASE WHEN line = 1 THEN jsonb_build_object('seats', 300) END
FROM job CROSS JOIN generate_series(1, $LINES) AS line;

