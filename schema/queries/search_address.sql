-- At most $4 jobs with a request like $1: among the newest $2 failures of the last day, and the newest
-- $3 jobs of the last hour.
SELECT
    'job' AS "kind!",
    found.job_id AS "id!",
    source.name || ' ' || step.name || ', ' || found.outcome::text AS "name!",
    found.request_url AS "detail!",
    found.finished_at AS "at?"
FROM (
    SELECT DISTINCT ON (newest.finished_at, newest.job_id)
        newest.job_id, newest.step_id, newest.finished_at, newest.outcome, newest.request_url
    FROM (
        (
            SELECT job.job_id, job.step_id, job.finished_at, job.outcome, job.request_url
            FROM job
            WHERE job.outcome IN ('failed', 'lost') AND job.finished_at > now() - interval '1 day'
            ORDER BY job.finished_at DESC
            LIMIT $2
        )
        UNION ALL
        (
            SELECT job.job_id, job.step_id, job.finished_at, job.outcome, job.request_url
            FROM job
            WHERE job.finished_at > now() - interval '1 hour'
            ORDER BY job.ended_seq DESC
            LIMIT $3
        )
    ) AS newest
    WHERE newest.request_url ILIKE $1
    ORDER BY newest.finished_at DESC, newest.job_id DESC
    LIMIT $4
) AS found
INNER JOIN step ON step.step_id = found.step_id
INNER JOIN source ON source.source_id = step.source_id
ORDER BY found.finished_at DESC
