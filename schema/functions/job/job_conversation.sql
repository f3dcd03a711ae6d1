CREATE OR REPLACE FUNCTION job_conversation(of_job bigint)
RETURNS TABLE ("position" integer, job_id bigint, finished_at timestamptz)
LANGUAGE plpgsql STABLE
ROWS 3
SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
    -- Planned once per session: to plan for every day's partition takes longer than to find the rows.
    RETURN QUERY
    WITH RECURSIVE
    -- A conversation lives for minutes in the memory of its pod, so its other jobs are within a day.
    earlier AS (
        SELECT 0 AS distance, job.job_id, job.task_id, job.previous_job_id, job.finished_at
        FROM job
        WHERE job.job_id = of_job
        UNION ALL
        SELECT earlier.distance - 1, job.job_id, job.task_id, job.previous_job_id, job.finished_at
        FROM earlier
        INNER JOIN job
            ON job.job_id = earlier.previous_job_id
            AND job.finished_at <= earlier.finished_at
            AND job.finished_at > earlier.finished_at - interval '1 day'
        WHERE earlier.distance > -500
    ),
    later AS (
        SELECT earlier.distance, earlier.job_id, earlier.task_id, earlier.finished_at
        FROM earlier
        WHERE earlier.distance = 0
        UNION ALL
        SELECT later.distance + 1, next.job_id, later.task_id, next.finished_at
        FROM later
        CROSS JOIN LATERAL (
            -- The next run of its task continues it, or nothing does.
            SELECT job.job_id, job.previous_job_id, job.finished_at
            FROM job
            WHERE job.task_id = later.task_id
                AND job.finished_at > later.finished_at
                AND job.finished_at < later.finished_at + interval '1 day'
                AND job.previous_job_id = later.job_id
            ORDER BY job.finished_at
            LIMIT 1
        ) AS next
        WHERE later.distance < 500
    ),
    both_ways AS (
        SELECT distance, job_id, finished_at FROM earlier
        UNION
        SELECT distance, job_id, finished_at FROM later
    )
    SELECT (row_number() OVER (ORDER BY distance))::integer, job_id, finished_at
    FROM both_ways
    ORDER BY distance;
END
$$;

COMMENT ON FUNCTION job_conversation IS 'The jobs of the conversation of a job, in order: each sent one of its requests. Example: SELECT * FROM job_conversation(4711);';
