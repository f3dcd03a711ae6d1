-- Counts the jobs that succeeded in each of the last $2 hours that is over and not counted yet, the
-- latest first, at most $1 hours at a time; deletes those that began $3 seconds ago or longer.
WITH missing AS (
    SELECT hour
    FROM generate_series(
        date_bin('1 hour', now(), '2000-01-01') - make_interval(hours => $2),
        date_bin('1 hour', now(), '2000-01-01') - interval '1 hour',
        interval '1 hour') AS hour
    WHERE NOT EXISTS (SELECT FROM throughput_hour WHERE begins_at = hour)
    ORDER BY hour DESC
    LIMIT $1
),
counted AS (
    INSERT INTO throughput_hour (begins_at, jobs)
    SELECT
        hour,
        (SELECT count(*)
            FROM job
            WHERE finished_at >= hour AND finished_at < hour + interval '1 hour' AND outcome = 'succeeded')
    FROM missing
    ON CONFLICT DO NOTHING
    RETURNING 1
),
deleted AS (
    DELETE FROM throughput_hour WHERE begins_at < now() - make_interval(secs => $3)
)
SELECT count(*) AS "counted!" FROM counted
