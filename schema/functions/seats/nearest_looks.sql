CREATE OR REPLACE FUNCTION nearest_looks(of_showtime integer, starts_at timestamptz)
RETURNS TABLE (before_at timestamptz, after_at timestamptz)
LANGUAGE plpgsql STABLE
COST 1000 ROWS 1
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    -- A few days of history only: each further day is one more partition to read for every showtime.
    RETURN QUERY
    SELECT max(last_before.observed_at), min(first_after.observed_at)
    FROM task
    INNER JOIN step ON step.step_id = task.step_id AND step.yields = 'seats'
    LEFT JOIN LATERAL (
        SELECT job.observed_at
        FROM job
        WHERE job.task_id = task.task_id
            AND job.outcome = 'succeeded'
            AND job.changed IS NOT NULL
            AND job.observed_at <= nearest_looks.starts_at
            AND job.finished_at >= nearest_looks.starts_at - interval '2 days'
            AND job.finished_at <= nearest_looks.starts_at + interval '1 hour'
        ORDER BY job.finished_at DESC
        LIMIT 1
    ) AS last_before ON true
    LEFT JOIN LATERAL (
        SELECT job.observed_at
        FROM job
        WHERE job.task_id = task.task_id
            AND job.outcome = 'succeeded'
            AND job.changed IS NOT NULL
            AND job.observed_at > nearest_looks.starts_at
            AND job.finished_at > nearest_looks.starts_at
            AND job.finished_at <= nearest_looks.starts_at + interval '2 days'
        ORDER BY job.finished_at
        LIMIT 1
    ) AS first_after ON true
    WHERE task.subject_id = of_showtime;
END
$$;

COMMENT ON FUNCTION nearest_looks IS 'The last look at the seats of a showtime before a time and the first look after it, with or without a change, from the history of jobs within two days of that time. Example: SELECT looks.* FROM showtime CROSS JOIN LATERAL nearest_looks(showtime_id, starts_at) AS looks WHERE showtime_id = 1;';
