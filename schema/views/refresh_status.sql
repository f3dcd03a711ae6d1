CREATE OR REPLACE VIEW refresh_status WITH (security_invoker = true) AS
SELECT
    schedule.view_name,
    schedule.refresh_every,
    schedule.maximum_duration,
    schedule.last_attempted_at,
    success.ended_at AS last_success_at,
    success.ended_at - success.started_at AS last_duration,
    running.started_at AS running_since,
    running.started_by AS running_by,
    CASE WHEN NOT last.succeeded THEN last.error END AS error
FROM refresh_schedule AS schedule
LEFT JOIN LATERAL (
    SELECT execution.started_at, execution.ended_at
    FROM refresh_execution AS execution
    WHERE execution.view_name = schedule.view_name AND execution.succeeded
    ORDER BY execution.started_at DESC
    LIMIT 1
) AS success ON true
LEFT JOIN LATERAL (
    SELECT execution.succeeded, execution.error
    FROM refresh_execution AS execution
    WHERE execution.view_name = schedule.view_name AND execution.ended_at IS NOT NULL
    ORDER BY execution.started_at DESC
    LIMIT 1
) AS last ON true
LEFT JOIN refresh_execution AS running
    ON running.view_name = schedule.view_name AND running.ended_at IS NULL;

COMMENT ON VIEW refresh_status IS 'Each materialised view that is refreshed by schedule: how old it is, how long it takes, and why its last refresh failed. Example: SELECT view_name, now() - last_success_at AS age, error FROM refresh_status;';
COMMENT ON COLUMN refresh_status.running_since IS 'Begin of the refresh that runs now; NULL if none runs.';
COMMENT ON COLUMN refresh_status.error IS 'Why the last refresh failed; NULL if it did not.';
