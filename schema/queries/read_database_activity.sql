-- Reads the sessions of this database: who runs which statement now, since when, of which job, and
-- who blocks it.
--
-- $1 whether sessions that do nothing are read as well.
-- A long statement of ours begins with a comment, whose first line says what it does; that line is
-- its title. A transaction of one job has the number of the job in the name of its application.
SELECT
    activity.pid AS "pid!",
    activity.usename::text AS role_name,
    activity.application_name AS "application!",
    coalesce(activity.state, 'background') AS "state!",
    concat_ws(': ', activity.wait_event_type, activity.wait_event) AS "waits_for!",
    extract(epoch FROM clock_timestamp() - CASE
        WHEN activity.state = 'active' THEN activity.query_start
        ELSE activity.state_change
    END)::double precision AS state_seconds,
    extract(epoch FROM clock_timestamp() - activity.xact_start)::double precision
        AS transaction_seconds,
    job.job_id AS "job_id?",
    running_job.source AS "source?",
    running_job.step AS "step?",
    running_job.key AS "key?",
    ARRAY(
        SELECT concat_ws(' ', blocker.pid, blocker.application_name)
        FROM pg_stat_activity AS blocker
        WHERE blocker.pid = ANY (pg_blocking_pids(activity.pid))
    ) AS "blocked_by!",
    coalesce(
        substring(activity.query FROM '^-- ([^\n]*)'),
        left(regexp_replace(activity.query, '\s+', ' ', 'g'), 100),
        '') AS "statement!"
FROM pg_stat_activity AS activity
CROSS JOIN LATERAL (
    SELECT substring(activity.application_name FROM ' job (\d{1,18})$')::bigint AS job_id
) AS job
LEFT JOIN running_job ON running_job.job_id = job.job_id
WHERE activity.datname = current_database()
    AND activity.pid <> pg_backend_pid()
    AND ($1 OR activity.state IS DISTINCT FROM 'idle')
ORDER BY activity.state = 'idle', coalesce(activity.xact_start, activity.query_start), activity.pid
