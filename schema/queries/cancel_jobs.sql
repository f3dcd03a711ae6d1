-- Ends what is running of the tasks $1 as cancelled.
--
-- A claim's row in running is its lease: without it, what the pod sees is refused, as
-- that of a pod which was given up. Run it after the tasks' rows in queue are gone, in a
-- statement of its own: then it sees a claim that took one meanwhile.
WITH cancelled AS (
    DELETE FROM running
    WHERE task_id = ANY ($1::bigint[])
    RETURNING job_id, task_id, enqueued_at, claimed_at, pod_id, definition_id, step_id, attempt
)
INSERT INTO job (
    job_id, task_id, parent_job_id, enqueued_at, claimed_at,
    pod_id, definition_id, step_id, outcome, attempt, error)
SELECT
    cancelled.job_id, cancelled.task_id, task.discovered_by, cancelled.enqueued_at, cancelled.claimed_at,
    cancelled.pod_id, cancelled.definition_id, cancelled.step_id, 'cancelled', cancelled.attempt,
    'an operator ended it; whatever its pod still sees is refused'
FROM cancelled
INNER JOIN task ON task.task_id = cancelled.task_id
