-- Every source with its limit keys, its due tasks and its last answer that could be used, of any age.
--
-- The last answer comes from the tasks, where the leader notes each look: the history has no index
-- that finds the last success of a source that has none for days. Only tasks that are not retired
-- are read, by their partial index; a source with nothing else has its root task.
SELECT
    source.name AS source,
    source.title,
    ARRAY(
        SELECT DISTINCT limit_key.name
        FROM step
        INNER JOIN limit_key ON limit_key.limit_key_id = step.limit_key_id
        WHERE step.source_id = source.source_id AND NOT step.retired
        ORDER BY limit_key.name
    ) AS "limit_keys!",
    coalesce(active.due, 0)::bigint AS "due!",
    active.last_answer_at AS "last_answer_at?",
    source.health_changed_at,
    source.health_job_id
FROM source
LEFT JOIN (
    SELECT step.source_id, sum(of_step.due) AS due, max(of_step.last_answer_at) AS last_answer_at
    FROM step
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE task.due_at <= now()) AS due, max(task.looked_at) AS last_answer_at
        FROM task
        WHERE task.step_id = step.step_id AND task.retired_at IS NULL
    ) AS of_step
    GROUP BY step.source_id
) AS active ON active.source_id = source.source_id
ORDER BY source.name
LIMIT 5000
