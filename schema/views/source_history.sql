CREATE OR REPLACE VIEW source_history
WITH (security_invoker = true) AS
SELECT
    source.name AS source,
    source_change.at,
    step.name AS step,
    source_change.new_state,
    source_change.reason,
    source_change.job_id
FROM source_change
INNER JOIN source ON source.source_id = source_change.source_id
LEFT JOIN step ON step.step_id = source_change.step_id
UNION ALL
SELECT
    source.name,
    definition.applied_at,
    NULL,
    'version ' || definition.version,
    NULL,
    NULL
FROM definition
INNER JOIN source ON source.source_id = definition.source_id;

COMMENT ON VIEW source_history IS 'Changes of each source with their times: each change of its state (step is NULL) and of the health of its steps, with the reason and the job, and each version of its definition. Example: SELECT * FROM source_history WHERE source = ''bhd'' AND at::date = ''2026-11-17'' ORDER BY at;';
