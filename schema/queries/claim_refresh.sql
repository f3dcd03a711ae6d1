-- Claims for $1 the refresh that is due longest, or that of view $2 whether due or not.
--
-- Two that claim at the same time: the second passes over the schedule's row, or finds the
-- first one's execution open when it inserts its own.
WITH due AS MATERIALIZED (
    SELECT schedule.view_name, schedule.maximum_duration
    FROM refresh_schedule AS schedule
    WHERE CASE
            WHEN $2::text IS NULL THEN
                coalesce(schedule.last_attempted_at + schedule.refresh_every <= now(), true)
            ELSE schedule.view_name = $2
        END
        AND NOT EXISTS (
            SELECT FROM refresh_execution AS running
            WHERE running.view_name = schedule.view_name AND running.ended_at IS NULL)
    ORDER BY schedule.last_attempted_at NULLS FIRST, schedule.view_name
    LIMIT 1
    FOR UPDATE SKIP LOCKED
),
stamped AS (
    UPDATE refresh_schedule
    SET last_attempted_at = now()
    FROM due
    WHERE refresh_schedule.view_name = due.view_name
)
INSERT INTO refresh_execution (view_name, started_by)
SELECT due.view_name, $1 FROM due
ON CONFLICT (view_name) WHERE ended_at IS NULL DO NOTHING
RETURNING
    execution_id,
    view_name,
    (SELECT extract(epoch FROM due.maximum_duration) * 1000 FROM due)::bigint AS "maximum_millis!"
