-- Whether fewer jobs succeeded in the last hour than $1 times the median of the same hour of the week in
-- the four weeks before. Three of them must be known, and fewer than 100 jobs say nothing.
SELECT
    'fleet' AS "subject!",
    last.jobs / usual.jobs AS "value!",
    format('%s jobs succeeded in the hour from %s UTC, usual are %s',
        last.jobs, to_char(last.begins_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), round(usual.jobs)) AS details
FROM (
    SELECT begins_at, jobs
    FROM throughput_hour
    WHERE begins_at > now() - interval '3 hours'
    ORDER BY begins_at DESC
    LIMIT 1
) AS last
CROSS JOIN LATERAL (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY past.jobs) AS jobs, count(*) AS weeks
    FROM throughput_hour AS past
    WHERE past.begins_at IN (
        last.begins_at - interval '168 hours', last.begins_at - interval '336 hours',
        last.begins_at - interval '504 hours', last.begins_at - interval '672 hours')
) AS usual
WHERE usual.weeks >= 3 AND usual.jobs >= 100 AND last.jobs < $1::double precision * usual.jobs
