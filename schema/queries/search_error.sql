-- At most $3 failures with a message like $1, among the newest $2 of the last day.
SELECT
    'job' AS "kind!",
    found.job_id AS "id!",
    source.name || ' ' || step.name AS "name!",
    found.error AS "detail!",
    found.finished_at AS "at?"
FROM (
    SELECT newest.job_id, newest.step_id, newest.finished_at, newest.error
    FROM (
        SELECT job.job_id, job.step_id, job.finished_at, job.error
        FROM job
        WHERE job.outcome IN ('failed', 'lost') AND job.finished_at > now() - interval '1 day'
        ORDER BY job.finished_at DESC
        LIMIT $2
    ) AS newest
    WHERE newest.error ILIKE $1
    LIMIT $3
) AS found
INNER JOIN step ON step.step_id = found.step_id
INNER JOIN source ON source.source_id = step.source_id
ORDER BY found.finished_at DESC
