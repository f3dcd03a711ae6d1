CREATE OR REPLACE VIEW running_job
WITH (security_invoker = true) AS
SELECT
    running.job_id,
    source.name AS source,
    step.name AS step,
    task.key,
    pod.name AS pod,
    now() - running.claimed_at AS running_for,
    running.claimed_at - running.enqueued_at AS queued_for,
    running.attempt,
    pod.lease_expires_at - now() AS lease_left
FROM running
INNER JOIN task ON task.task_id = running.task_id
INNER JOIN step ON step.step_id = running.step_id
INNER JOIN source ON source.source_id = step.source_id
INNER JOIN pod ON pod.pod_id = running.pod_id;

COMMENT ON VIEW running_job IS 'The jobs that run now, with their pod and how long they have run. Example: SELECT * FROM running_job ORDER BY running_for DESC LIMIT 10;';
