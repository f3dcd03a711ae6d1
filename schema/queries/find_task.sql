-- Finds a task by its id $1, or where that is NULL by source $2, step $3 and key $4, and says
-- what keeps it from running beside its own state.
SELECT
    task.task_id,
    source.name AS source,
    step.name AS step,
    task.key,
    task.isolated_at,
    task.retired_at,
    EXISTS (SELECT FROM queue WHERE queue.task_id = task.task_id)
        OR EXISTS (SELECT FROM running WHERE running.task_id = task.task_id) AS "is_out!",
    CASE
        WHEN source.state <> 'active' THEN 'its source is ' || source.state::text
        WHEN step.retired THEN 'its step is gone from the definition'
        WHEN step.health = 'quarantined' THEN 'its step is in quarantine: only probes are sent'
        WHEN limit_status.paused_until IS NOT NULL THEN
            'its limit key is paused until ' || to_char(limit_status.paused_until AT TIME ZONE 'UTC', 'HH24:MI:SS')
        WHEN NOT limit_status.is_open THEN
            'its limit key opens at ' || limit_status.opens_at || ' ' || limit_status.zone
    END AS hindrance
FROM task
INNER JOIN step ON step.step_id = task.step_id
INNER JOIN source ON source.source_id = step.source_id
INNER JOIN limit_status ON limit_status.limit_key_id = step.limit_key_id
WHERE CASE
    WHEN $1::bigint IS NULL THEN source.name = $2 AND step.name = $3 AND task.key = $4
    ELSE task.task_id = $1
END
