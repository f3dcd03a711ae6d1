-- The first $2 tasks that the job $1 discovered, each with its last job.
SELECT
    child.task_id AS "task_id!",
    step.name AS "step!",
    child.key AS "key!",
    child.starts_at,
    child.retired_at,
    last.job_id AS "last_job_id?",
    last.outcome::text AS last_outcome,
    last.finished_at AS "last_finished_at?"
FROM (
    SELECT task.task_id, task.step_id, task.key, task.starts_at,
        task.retired_at
    FROM task
    WHERE task.discovered_by = $1
    ORDER BY task.task_id
    LIMIT $2
) AS child
INNER JOIN step ON step.step_id = child.step_id
LEFT JOIN LATERAL (
    SELECT job.job_id, job.outcome, job.finished_at
    FROM job
    WHERE job.task_id = child.task_id
    ORDER BY job.finished_at DESC
    LIMIT 1
) AS last ON true
ORDER BY child.task_id
