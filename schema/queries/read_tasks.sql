-- The next $5 tasks of step $1 behind key $2 (NULL: the first), whose key begins with $3 (NULL: any),
-- and that are in the state $4: active, due, failing, isolated or retired.
SELECT
    task.task_id,
    task.step_id,
    source.name AS source,
    step.name AS step,
    task.key,
    task.due_at,
    task.looked_at,
    task.starts_at,
    task.failures,
    task.retired_at,
    task.isolated_at
FROM task
INNER JOIN step ON step.step_id = task.step_id
INNER JOIN source ON source.source_id = step.source_id
WHERE task.step_id = $1
    AND ($2::text IS NULL OR task.key > $2)
    AND ($3::text IS NULL OR starts_with(task.key, $3))
    AND CASE $4::text
        WHEN 'retired' THEN task.retired_at IS NOT NULL
        WHEN 'isolated' THEN task.isolated_at IS NOT NULL
        WHEN 'failing' THEN task.retired_at IS NULL AND task.failures > 0
        WHEN 'due' THEN task.retired_at IS NULL AND task.due_at <= now()
        ELSE task.retired_at IS NULL
    END
ORDER BY task.key
LIMIT $5
