-- The next $4 jobs after number $3 that ended from $1 until before $2, in the order of their
-- numbers; only of the tasks $5 and of the source that is named $6, where these are given.
--
-- By the key, whose order it is: a page costs what it has.
SELECT
    job.job_id, job.task_id, job.parent_job_id, job.ended_seq,
    job.enqueued_at, job.claimed_at, job.observed_at, job.finished_at,
    job.pod_id, job.definition_id, job.step_id,
    source.name AS source, step.name AS step,
    job.fetch_micros, job.response_bytes, job.row_count, job.retry_after_seconds,
    job.outcome::text AS "outcome!", job.error_class::text AS error_class,
    job.http_status, job.requests, job.attempt, job.unmapped, job.sold, job.changed,
    job.request_url, job.error
FROM job
INNER JOIN step ON step.step_id = job.step_id
INNER JOIN source ON source.source_id = step.source_id
WHERE job.finished_at >= $1 AND job.finished_at < $2
    AND job.job_id > $3
    AND ($5::bigint[] IS NULL OR job.task_id = ANY ($5))
    AND ($6::text IS NULL OR source.name = $6)
ORDER BY job.job_id
LIMIT $4
