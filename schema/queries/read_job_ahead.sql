-- The job $1 while it runs, or while it is queued under the number that its claim will have.
--
-- running has its key on the task, and is as small as the number of agents: a scan finds the job.
SELECT
    $1::bigint AS "job_id!",
    task.task_id,
    task.key,
    source.name AS source,
    step.name AS step,
    out.enqueued_at AS "enqueued_at!",
    out.claimed_at,
    pod.name AS "pod?",
    CASE WHEN out.claimed_at IS NOT NULL THEN pod.lease_expires_at END AS lease_expires_at,
    out.expires_at,
    out.attempt AS "attempt!",
    now() AS "now!"
FROM (
    SELECT running.task_id, running.enqueued_at, running.claimed_at, running.pod_id,
        NULL::timestamptz AS expires_at, running.attempt
    FROM running
    WHERE running.job_id = $1
    UNION ALL
    SELECT queue.task_id, queue.enqueued_at, NULL, queue.pod_id, queue.expires_at, queue.attempt
    FROM queue
    WHERE queue.queue_id = $1
) AS out
INNER JOIN task ON task.task_id = out.task_id
INNER JOIN step ON step.step_id = task.step_id
INNER JOIN source ON source.source_id = step.source_id
LEFT JOIN pod ON pod.pod_id = out.pod_id
LIMIT 1
