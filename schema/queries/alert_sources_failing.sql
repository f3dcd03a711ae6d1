-- Scheduled sources of which at least $1 jobs failed within half an hour, and none succeeded.
--
-- The success is looked for last: most sources have one, and the first row that is found ends the look.
WITH failed AS (
    SELECT
        step.source_id,
        count(*) AS jobs,
        (array_agg(job.error ORDER BY job.finished_at DESC))[1] AS last_error
    FROM job
    INNER JOIN step ON step.step_id = job.step_id
    WHERE job.outcome = 'failed' AND job.finished_at > now() - interval '30 minutes'
    GROUP BY step.source_id
    HAVING count(*) >= $1::double precision
)
SELECT source.name AS "subject!", failed.jobs::double precision AS "value!", failed.last_error AS details
FROM failed
INNER JOIN source ON source.source_id = failed.source_id
WHERE source.state = 'active'
    AND NOT EXISTS (
        SELECT
        FROM job
        INNER JOIN step ON step.step_id = job.step_id
        WHERE step.source_id = failed.source_id
            AND job.outcome = 'succeeded'
            AND job.finished_at > now() - interval '30 minutes')
ORDER BY source.name
LIMIT 1000
