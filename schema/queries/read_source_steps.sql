-- The steps of source $1 that its definition still has, with their tasks and their limit.
SELECT
    step.name AS step,
    parent.name AS "parent?",
    step.yields::text AS "yields!",
    step.every_seconds,
    step.health::text AS "health!",
    step.health_reason,
    step.health_changed_at,
    step.health_job_id,
    active.tasks AS "tasks!",
    active.due AS "due!",
    active.failing AS "failing!",
    active.last_answer_at AS "last_answer_at?",
    limit_status.limit_key AS "limit_key!",
    limit_status.rate_per_second AS "rate_per_second!",
    limit_status.rate_now AS "rate_now!",
    CASE WHEN step.parent_step_id IS NULL AND active.tasks = 1 THEN active.any_task_id END AS root_task_id
FROM step
INNER JOIN source ON source.source_id = step.source_id
INNER JOIN limit_status ON limit_status.limit_key_id = step.limit_key_id
LEFT JOIN step AS parent ON parent.step_id = step.parent_step_id
CROSS JOIN LATERAL (
    SELECT
        count(*) AS tasks,
        count(*) FILTER (WHERE task.due_at <= now()) AS due,
        count(*) FILTER (WHERE task.failures > 0) AS failing,
        max(task.looked_at) AS last_answer_at,
        min(task.task_id) AS any_task_id
    FROM task
    WHERE task.step_id = step.step_id AND task.retired_at IS NULL
) AS active
WHERE source.name = $1 AND NOT step.retired
ORDER BY step.step_id
LIMIT 200
