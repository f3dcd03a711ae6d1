-- What is known of a source without counting its tasks and jobs: source_status adds these, and the
-- web page counts them at a time of its own.

CREATE OR REPLACE VIEW source_condition WITH (security_invoker = true) AS
SELECT
    source.source_id,
    source.name AS source,
    source.state,
    source.state_reason,
    source.state_changed_at,
    definition.version AS definition_version,
    definition.applied_at AS definition_applied_at,
    failure.finished_at AS last_failure_at,
    failure.error AS last_error,
    over_cap.reason AS over_cap,
    source.health::text AS health,
    coalesce(over_cap.reason, source.health_reason) AS health_reason,
    source.health_changed_at,
    source.health_job_id
FROM source
LEFT JOIN definition ON definition.definition_id = source.definition_id
LEFT JOIN LATERAL (
    SELECT string_agg(
        format('it would have %s %s, its cap is %s', source_over_cap.found, source_over_cap.what, source_over_cap.cap),
        '; ' ORDER BY source_over_cap.what) AS reason
    FROM source_over_cap
    WHERE source_over_cap.source_id = source.source_id
        AND source_over_cap.noted_at > now() - interval '2 days'
) AS over_cap ON true
LEFT JOIN (
    -- Read from the index of failures.
    SELECT DISTINCT ON (step.source_id)
        step.source_id,
        job.finished_at,
        job.error
    FROM job
    INNER JOIN step ON step.step_id = job.step_id
    WHERE job.outcome = 'failed' AND job.finished_at > now() - interval '5 minutes'
    ORDER BY step.source_id, job.finished_at DESC
) AS failure ON failure.source_id = source.source_id;

COMMENT ON VIEW source_condition IS 'Each source: whether it is scheduled, its health as its checks left it, and its last failure within five minutes. See source_status. Example: SELECT source, state, health, last_error FROM source_condition;';
COMMENT ON COLUMN source_condition.state IS 'active, paused or blocked.';
COMMENT ON COLUMN source_condition.last_failure_at IS 'When a job last failed, within five minutes.';
COMMENT ON COLUMN source_condition.last_error IS 'Why it failed.';
COMMENT ON COLUMN source_condition.over_cap IS 'Which cap it is over, within two days; NULL if none.';
COMMENT ON COLUMN source_condition.health IS 'healthy, degraded or quarantined.';
