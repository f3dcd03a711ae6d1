-- The last job of task $1 before $2 that succeeded, among its last 200 before $2: a task that fails for
-- weeks has its jobs in many partitions.
SELECT
    good.job_id,
    good.finished_at,
    definition.version AS definition_version,
    good.response_bytes,
    good.row_count,
    good.request_url,
    good.body_hash
FROM (
    SELECT job.job_id, job.finished_at, job.definition_id, job.outcome, job.response_bytes,
        job.row_count, job.request_url, job.body_hash
    FROM job
    WHERE job.task_id = $1 AND job.finished_at < $2
    ORDER BY job.finished_at DESC
    LIMIT 200
) AS good
INNER JOIN definition ON definition.definition_id = good.definition_id
WHERE good.outcome = 'succeeded'
ORDER BY good.finished_at DESC
LIMIT 1
