CREATE OR REPLACE VIEW database_wait WITH (security_invoker = true) AS
SELECT
    activity.pid,
    activity.usename::text AS role_name,
    activity.application_name AS application,
    activity.state,
    activity.wait_event_type,
    activity.wait_event,
    now() - activity.query_start AS running_for,
    nullif(pg_blocking_pids(activity.pid), '{}') AS blocked_by,
    left(activity.query, 200) AS statement
FROM pg_stat_activity AS activity
WHERE activity.datname = current_database()
    AND activity.state IS DISTINCT FROM 'idle'
    AND activity.wait_event IS NOT NULL
    AND activity.pid <> pg_backend_pid();

COMMENT ON VIEW database_wait IS 'What the sessions of this database wait for now, and who blocks them. Example: SELECT pid, running_for, blocked_by, left(statement, 60) FROM database_wait WHERE blocked_by IS NOT NULL;';
