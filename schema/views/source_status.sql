CREATE OR REPLACE VIEW source_status WITH (security_invoker = true) AS
SELECT
    condition.source,
    condition.state,
    condition.state_reason,
    condition.state_changed_at,
    condition.definition_version,
    condition.definition_applied_at,
    tasks.active AS tasks,
    coalesce(recent.succeeded, 0) AS succeeded,
    coalesce(recent.failed, 0) AS failed,
    recent.last_success_at,
    condition.last_failure_at,
    condition.last_error,
    health_in_force(
        condition.state::text, condition.over_cap, condition.health, recent.ended, recent.failed) AS health,
    condition.health_reason,
    condition.health_changed_at,
    condition.health_job_id
FROM source_condition AS condition
LEFT JOIN LATERAL (
    SELECT count(*) AS active
    FROM task
    INNER JOIN step ON step.step_id = task.step_id
    WHERE step.source_id = condition.source_id AND task.retired_at IS NULL
) AS tasks ON true
LEFT JOIN (
    -- Grouped by step before steps are joined: a fleet ends ten thousands of jobs in five minutes.
    SELECT
        step.source_id,
        sum(by_step.ended)::bigint AS ended,
        sum(by_step.succeeded)::bigint AS succeeded,
        sum(by_step.failed)::bigint AS failed,
        max(by_step.last_success_at) AS last_success_at
    FROM (
        SELECT
            step_id,
            count(*) AS ended,
            count(*) FILTER (WHERE outcome = 'succeeded') AS succeeded,
            count(*) FILTER (WHERE outcome = 'failed') AS failed,
            max(finished_at) FILTER (WHERE outcome = 'succeeded') AS last_success_at
        FROM job
        WHERE finished_at > now() - interval '5 minutes'
        GROUP BY step_id
    ) AS by_step
    INNER JOIN step ON step.step_id = by_step.step_id
    GROUP BY step.source_id
) AS recent ON recent.source_id = condition.source_id;

COMMENT ON VIEW source_status IS 'Each source: whether it is scheduled, its health (healthy, degraded, quarantined, over its cap, blocked, paused) with the reason, and its jobs of the last five minutes. Example: SELECT source, health, last_error FROM source_status;';
