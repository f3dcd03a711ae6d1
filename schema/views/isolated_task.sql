CREATE OR REPLACE VIEW isolated_task
WITH (security_invoker = true) AS
SELECT
    task.task_id,
    source.name AS source,
    step.name AS step,
    task.key,
    task.deaths,
    task.isolated_at,
    (SELECT job.job_id FROM job WHERE job.task_id = task.task_id AND job.outcome = 'lost'
        ORDER BY job.finished_at DESC LIMIT 1) AS last_job_id
FROM task
INNER JOIN step ON step.step_id = task.step_id
INNER JOIN source ON source.source_id = step.source_id
WHERE task.isolated_at IS NOT NULL;

COMMENT ON VIEW isolated_task IS 'Tasks that are not queued any more because the pod that ran them died each time; `coordinator task release` lets one run again. Example: SELECT * FROM isolated_task ORDER BY isolated_at;';
