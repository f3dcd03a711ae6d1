CREATE OR REPLACE FUNCTION step_failure_run(of_step integer)
RETURNS TABLE (
    failing_tasks bigint,
    first_failed_at timestamptz,
    first_job_id bigint,
    first_reason text,
    first_error text,
    last_failed_at timestamptz,
    last_job_id bigint,
    last_reason text,
    last_error text,
    last_success_at timestamptz,
    changed_before text[]
)
LANGUAGE plpgsql STABLE
ROWS 1
SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    sampled bigint[];
    usual_bytes integer;
    failing_bytes integer;
    of_source integer;
BEGIN
    -- Starts at the few rows of the index of failures. Whether the step has succeeded since is asked
    -- of the tasks that failed last, by their own index: no index has the successes of a step.
    SELECT count(*), max(failing.failed_at), (array_agg(failing.task_id ORDER BY failing.failed_at DESC))[:8]
    INTO failing_tasks, last_failed_at, sampled
    FROM (
        SELECT newest.task_id, max(newest.finished_at) AS failed_at
        FROM (
            SELECT job.task_id, job.finished_at
            FROM job
            WHERE job.step_id = of_step
                AND job.outcome IN ('failed', 'lost')
                AND job.finished_at > now() - interval '7 days'
            ORDER BY job.finished_at DESC
            LIMIT 100
        ) AS newest
        GROUP BY newest.task_id
    ) AS failing
    INNER JOIN task ON task.task_id = failing.task_id AND task.retired_at IS NULL
    WHERE NOT EXISTS (
        SELECT
        FROM job
        WHERE job.task_id = failing.task_id
            AND job.finished_at > failing.failed_at
            AND job.outcome = 'succeeded');
    IF failing_tasks = 0 THEN
        RETURN;
    END IF;

    SELECT max(success.finished_at),
        percentile_disc(0.5) WITHIN GROUP (ORDER BY success.response_bytes)
    INTO last_success_at, usual_bytes
    FROM unnest(sampled) AS task (task_id)
    CROSS JOIN LATERAL (
        SELECT job.finished_at, job.response_bytes
        FROM job
        WHERE job.task_id = task.task_id
            AND job.outcome = 'succeeded'
            AND job.finished_at > now() - interval '14 days'
        ORDER BY job.finished_at DESC
        LIMIT 3
    ) AS success;

    SELECT job.finished_at, job.job_id, coalesce(job.error_class::text, job.outcome::text), job.error, step.source_id
    INTO first_failed_at, first_job_id, first_reason, first_error, of_source
    FROM job
    INNER JOIN step ON step.step_id = job.step_id
    WHERE job.step_id = of_step
        AND job.outcome IN ('failed', 'lost')
        AND job.finished_at > coalesce(last_success_at, now() - interval '7 days')
    ORDER BY job.finished_at
    LIMIT 1;

    SELECT job.job_id, coalesce(job.error_class::text, job.outcome::text), job.error, job.response_bytes
    INTO last_job_id, last_reason, last_error, failing_bytes
    FROM job
    WHERE job.step_id = of_step
        AND job.outcome IN ('failed', 'lost')
        AND job.finished_at = last_failed_at
    LIMIT 1;

    -- What became different in the hour before, the definition first.
    changed_before := ARRAY(
        SELECT format('version %s of the definition was applied %s before', definition.version,
            CASE WHEN ago.seconds < 120 THEN ago.seconds || ' s' ELSE ago.seconds / 60 || ' min' END)
        FROM definition
        CROSS JOIN LATERAL (
            SELECT extract(epoch FROM first_failed_at - definition.applied_at)::integer AS seconds
        ) AS ago
        WHERE definition.source_id = of_source
            AND definition.applied_at BETWEEN first_failed_at - interval '1 hour' AND first_failed_at
        ORDER BY definition.applied_at DESC
        LIMIT 3
    ) || ARRAY(
        SELECT format('status code %s was new', quote_literal(left(seat_code.code, 40)))
        FROM seat_code
        INNER JOIN job
            ON job.job_id = seat_code.discovered_by
            AND job.finished_at BETWEEN first_failed_at - interval '1 hour' AND first_failed_at + interval '1 minute'
        WHERE seat_code.source_id = of_source
            AND last_success_at IS NOT NULL
        ORDER BY job.finished_at DESC
        LIMIT 5
    ) || ARRAY(
        SELECT CASE WHEN count(*) = 1 THEN '1 layout was new' ELSE format('%s layouts were new', count(*)) END
        FROM (
            SELECT layout.source_id, layout.discovered_by
            FROM layout
            ORDER BY layout.layout_id DESC
            LIMIT 200
        ) AS layout
        INNER JOIN job
            ON job.job_id = layout.discovered_by
            AND job.finished_at BETWEEN first_failed_at - interval '1 hour' AND first_failed_at + interval '1 minute'
        WHERE layout.source_id = of_source
            AND last_success_at IS NOT NULL
        HAVING count(*) > 0
    ) || ARRAY(
        SELECT format('answers have %s bytes instead of %s', failing_bytes, usual_bytes)
        WHERE failing_bytes > usual_bytes * 1.5 OR failing_bytes < usual_bytes / 1.5
    );
    RETURN NEXT;
END
$$;

COMMENT ON FUNCTION step_failure_run IS 'The present run of failures of a step, if its last answers fail: its first and last failure, the last success before it, and what became different in the hour before the first failure. Example: SELECT * FROM step_failure_run(3);';
