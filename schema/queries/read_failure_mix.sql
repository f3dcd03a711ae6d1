-- The newest $2 failures of the last day, of source $1 or of all (NULL), counted by step and reason.
SELECT
    source.name AS source,
    step.name AS step,
    mix.reason AS "reason!",
    mix.jobs AS "jobs!",
    mix.jobs_last_hour AS "jobs_last_hour!",
    mix.first_at AS "first_at!",
    mix.first_job_id AS "first_job_id!",
    mix.last_at AS "last_at!",
    mix.last_job_id AS "last_job_id!",
    mix.last_error
FROM (
    SELECT
        failed.step_id,
        coalesce(failed.error_class::text, failed.outcome::text) AS reason,
        count(*) AS jobs,
        count(*) FILTER (WHERE failed.finished_at > now() - interval '1 hour') AS jobs_last_hour,
        min(failed.finished_at) AS first_at,
        (array_agg(failed.job_id ORDER BY failed.finished_at, failed.job_id))[1] AS first_job_id,
        max(failed.finished_at) AS last_at,
        (array_agg(failed.job_id ORDER BY failed.finished_at DESC, failed.job_id DESC))[1] AS last_job_id,
        (array_agg(failed.error ORDER BY failed.finished_at DESC, failed.job_id DESC))[1] AS last_error
    FROM (
        SELECT job.step_id, job.job_id, job.error_class, job.outcome, job.finished_at, job.error
        FROM job
        WHERE job.outcome IN ('failed', 'lost')
            AND job.finished_at > now() - interval '1 day'
            AND ($1::text IS NULL OR job.step_id = ANY (ARRAY(
                SELECT own.step_id
                FROM step AS own
                INNER JOIN source AS named ON named.source_id = own.source_id
                WHERE named.name = $1)))
        ORDER BY job.finished_at DESC
        LIMIT $2
    ) AS failed
    GROUP BY 1, 2
) AS mix
INNER JOIN step ON step.step_id = mix.step_id
INNER JOIN source ON source.source_id = step.source_id
ORDER BY mix.jobs DESC, source.name, step.name, mix.reason
LIMIT 1000
