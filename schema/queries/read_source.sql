-- The source $1, its state and health, and how its last five minutes went.
--
-- The state in force is that of source_status; one source of it costs the jobs of five minutes.
SELECT
    status.source AS "source!",
    source.title,
    status.state::text AS "state!",
    status.state_reason,
    status.state_changed_at AS "state_changed_at!",
    status.health AS "health!",
    status.health_reason,
    status.health_changed_at AS "health_changed_at!",
    status.health_job_id,
    status.definition_version,
    status.definition_applied_at,
    status.succeeded AS "succeeded!",
    status.failed AS "failed!",
    status.last_error,
    now() AS "now!"
FROM source_status AS status
INNER JOIN source ON source.name = status.source
WHERE status.source = $1
