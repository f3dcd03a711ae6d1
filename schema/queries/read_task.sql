-- The task $1, where it is, and what keeps it from running beside its own state.
SELECT
    task.task_id,
    source.name AS source,
    step.name AS step,
    task.key,
    step.yields::text AS "yields!",
    task.subject_id,
    step.every_seconds,
    task.due_at,
    task.looked_at,
    task.starts_at,
    task.retired_at,
    task.retired_reason,
    task.isolated_at,
    task.deaths,
    task.failures,
    task.missing_since,
    task.discovered_by,
    task.gate,
    task.sold,
    task.params,
    limit_status.limit_key AS "limit_key!",
    queue.enqueued_at AS "queued_at?",
    running.claimed_at AS "claimed_at?",
    coalesce(running.job_id, queue.queue_id) AS job_id,
    CASE
        WHEN source.state <> 'active' THEN 'its source is ' || source.state::text
        WHEN step.retired THEN 'its step is gone from the definition'
        WHEN step.health = 'quarantined' THEN 'its step is in quarantine: only probes are sent'
        WHEN limit_status.paused_until IS NOT NULL THEN
            'its limit key is paused until ' || to_char(limit_status.paused_until AT TIME ZONE 'UTC', 'HH24:MI:SS') || ' UTC'
        WHEN NOT limit_status.is_open THEN
            'its limit key opens at ' || limit_status.opens_at || ' ' || limit_status.zone
    END AS hindrance,
    (SELECT task_request.action::text FROM task_request WHERE task_request.task_id = task.task_id
        ORDER BY task_request.request_id LIMIT 1) AS requested,
    now() AS "now!"
FROM task
INNER JOIN step ON step.step_id = task.step_id
INNER JOIN source ON source.source_id = step.source_id
INNER JOIN limit_status ON limit_status.limit_key_id = step.limit_key_id
LEFT JOIN queue ON queue.task_id = task.task_id
LEFT JOIN running ON running.task_id = task.task_id
WHERE task.task_id = $1
