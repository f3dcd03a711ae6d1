CREATE OR REPLACE VIEW source_status WITH (security_invoker = true) AS
SELECT
    source.name AS source,
    source.state,
    source.state_reason,
    source.state_changed_at,
    definition.version AS definition_version,
    definition.applied_at AS definition_applied_at,
    tasks.active AS tasks,
    coalesce(recent.succeeded, 0) AS succeeded,
    coalesce(recent.failed, 0) AS failed,
    recent.last_success_at,
    recent.last_failure_at,
    recent.last_error,
    CASE
        WHEN source.state <> 'active' THEN source.state::text
        WHEN over_cap.reason IS NOT NULL THEN 'over its cap'
        WHEN source.health <> 'healthy' THEN source.health::text
        WHEN recent.failed * 2 > recent.ended THEN 'degraded'
        ELSE 'healthy'
    END AS health,
    coalesce(over_cap.reason, source.health_reason) AS health_reason,
    source.health_changed_at,
    source.health_job_id
FROM source
LEFT JOIN definition ON definition.definition_id = source.definition_id
LEFT JOIN LATERAL (
    SELECT count(*) AS active
    FROM task
    INNER JOIN step ON step.step_id = task.step_id
    WHERE step.source_id = source.source_id AND task.retired_at IS NULL
) AS tasks ON true
LEFT JOIN LATERAL (
    SELECT string_agg(
        format('it would have %s %s, its cap is %s', source_over_cap.found, source_over_cap.what, source_over_cap.cap),
        '; ' ORDER BY source_over_cap.what) AS reason
    FROM source_over_cap
    WHERE source_over_cap.source_id = source.source_id
        AND source_over_cap.noted_at > now() - interval '2 days'
) AS over_cap ON true
LEFT JOIN (
    SELECT
        step.source_id,
        count(*) AS ended,
        count(*) FILTER (WHERE job.outcome = 'succeeded') AS succeeded,
        count(*) FILTER (WHERE job.outcome = 'failed') AS failed,
        max(job.finished_at) FILTER (WHERE job.outcome = 'succeeded') AS last_success_at,
        max(job.finished_at) FILTER (WHERE job.outcome = 'failed') AS last_failure_at,
        (array_agg(job.error ORDER BY job.finished_at DESC)
            FILTER (WHERE job.outcome = 'failed'))[1] AS last_error
    FROM job
    INNER JOIN step ON step.step_id = job.step_id
    WHERE job.finished_at > now() - interval '5 minutes'
    GROUP BY step.source_id
) AS recent ON recent.source_id = source.source_id;

COMMENT ON VIEW source_status IS 'Each source: whether it is scheduled, its health (healthy, degraded, quarantined, over its cap, blocked, paused) with the reason, and its jobs of the last five minutes. Example: SELECT source, health, last_error FROM source_status;';
