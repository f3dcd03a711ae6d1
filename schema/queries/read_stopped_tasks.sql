-- Lists the tasks that run no more until a person lets them, of source $1 or of all, the
-- latest first. Those that ended with their showtime are none of them.
SELECT
    task_id AS "task_id!",
    source AS "source!",
    step AS "step!",
    key AS "key!",
    isolated_at AS "since!",
    'its pod died ' || deaths || ' times in a row' AS "why!",
    last_job_id
FROM isolated_task
WHERE $1::text IS NULL OR source = $1
UNION ALL
SELECT
    task.task_id,
    source.name,
    step.name,
    task.key,
    task.retired_at,
    'retired: ' || task.retired_reason,
    NULL
FROM task
INNER JOIN step ON step.step_id = task.step_id
INNER JOIN source ON source.source_id = step.source_id
WHERE task.retired_reason IS NOT NULL AND ($1::text IS NULL OR source.name = $1)
ORDER BY 5 DESC
LIMIT 200
