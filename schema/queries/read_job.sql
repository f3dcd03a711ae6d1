-- The job $1, if it ended, with the names of what it belongs to.
SELECT
    job.job_id,
    job.task_id,
    task.key AS "key?",
    source.name AS source,
    step.name AS step,
    step.yields::text AS "yields!",
    task.subject_id AS "subject_id?",
    job.previous_job_id,
    job.parent_job_id,
    job.enqueued_at,
    job.claimed_at,
    job.observed_at,
    job.finished_at,
    pod.name AS "pod?",
    definition.version AS definition_version,
    job.fetch_micros,
    job.response_bytes,
    job.row_count,
    job.missing,
    job.retry_after_seconds,
    job.outcome::text AS "outcome!",
    job.error_class::text AS error_class,
    job.http_status,
    job.requests,
    job.attempt,
    job.unmapped,
    job.sold,
    job.changed,
    job.request_url,
    job.error,
    job.body_hash IS NOT NULL AS "has_body!"
FROM job
INNER JOIN step ON step.step_id = job.step_id
INNER JOIN source ON source.source_id = step.source_id
INNER JOIN definition ON definition.definition_id = job.definition_id
LEFT JOIN task ON task.task_id = job.task_id
LEFT JOIN pod ON pod.pod_id = job.pod_id
WHERE job.job_id = $1
ORDER BY job.finished_at DESC
LIMIT 1
