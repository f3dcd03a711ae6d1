CREATE OR REPLACE VIEW failing_step WITH (security_invoker = true) AS
SELECT
    source.name AS source,
    step.name AS step,
    run.failing_tasks,
    run.first_failed_at,
    run.first_job_id,
    run.first_reason,
    run.first_error,
    run.last_failed_at,
    run.last_job_id,
    run.last_reason,
    run.last_error,
    run.last_success_at,
    run.changed_before
FROM (
    -- Most steps have no failure at all, and one look into the index of failures says so.
    SELECT step.step_id, step.source_id, step.name
    FROM step
    WHERE NOT step.retired
        AND EXISTS (
            SELECT
            FROM job
            WHERE job.step_id = step.step_id
                AND job.outcome IN ('failed', 'lost')
                AND job.finished_at > now() - interval '7 days')
    OFFSET 0
) AS step
INNER JOIN source ON source.source_id = step.source_id
CROSS JOIN LATERAL step_failure_run(step.step_id) AS run;

COMMENT ON VIEW failing_step IS 'The steps whose last answers fail, within seven days: the first and the last failure of the present run of failures, the last success before it, and what became different in the hour before the first failure. Example: SELECT source, step, first_failed_at, first_error, changed_before FROM failing_step ORDER BY first_failed_at;';
COMMENT ON COLUMN failing_step.failing_tasks IS 'Tasks whose last run failed, of the last hundred failures.';
COMMENT ON COLUMN failing_step.first_failed_at IS 'When the first failure after the last success ended.';
COMMENT ON COLUMN failing_step.first_reason IS 'Its error class, or lost.';
COMMENT ON COLUMN failing_step.last_success_at IS 'Last success of the tasks that failed last; NULL if they had none within 14 days.';
COMMENT ON COLUMN failing_step.changed_before IS 'What became different in the hour before the first failure: the definition, status codes, layouts, the size of answers.';
