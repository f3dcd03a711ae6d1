-- Ends the pods whose lease ran out and gives their claims back as lost.
--
-- A pass: it looks at the database, so one that was missed is made good by the
-- next. It also finds claims that a pod made while it was being ended.
WITH dead AS (
    UPDATE pod
    SET ended_at = now(),
        end_reason = 'lease expired'
    WHERE ended_at IS NULL AND lease_expires_at < now()
    RETURNING pod_id
),
lost AS (
    DELETE FROM running
    WHERE pod_id IN (SELECT pod_id FROM dead)
        OR NOT EXISTS (SELECT FROM pod WHERE pod.pod_id = running.pod_id AND pod.ended_at IS NULL)
    RETURNING job_id, task_id, enqueued_at, claimed_at, pod_id, definition_id, step_id, attempt
),
stored_job AS (
    INSERT INTO job (
        job_id, task_id, parent_job_id, enqueued_at, claimed_at,
        pod_id, definition_id, step_id, outcome, attempt, error)
    SELECT
        lost.job_id, lost.task_id, task.discovered_by, lost.enqueued_at, lost.claimed_at,
        lost.pod_id, lost.definition_id, lost.step_id, 'lost', lost.attempt,
        'its pod ended without a word'
    FROM lost
    INNER JOIN task ON task.task_id = lost.task_id
)
SELECT
    (SELECT count(*) FROM dead) AS "pods!",
    (SELECT count(*) FROM lost) AS "claims!"
