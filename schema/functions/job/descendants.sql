-- A task is found by the job that discovered it, and the jobs of a task by their index.
CREATE OR REPLACE FUNCTION descendants(of_job bigint, generations integer DEFAULT 1, at_most integer DEFAULT 1000)
RETURNS TABLE (
    generation integer,
    task_id bigint,
    source text,
    step text,
    key text,
    subject_id integer,
    runs bigint,
    last_job_id bigint,
    last_outcome job_outcome,
    last_finished_at timestamptz
)
LANGUAGE plpgsql STABLE
SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
    -- Planned once per session: to plan for every day's partition takes longer than to find the rows.
    RETURN QUERY
    WITH RECURSIVE line AS (
        SELECT 1 AS generation, task.task_id, task.step_id, task.key, task.subject_id
        FROM task
        WHERE task.discovered_by = of_job
        UNION ALL
        SELECT line.generation + 1, child.task_id, child.step_id, child.key, child.subject_id
        FROM line
        INNER JOIN job ON job.task_id = line.task_id
        INNER JOIN task AS child ON child.discovered_by = job.job_id
        WHERE line.generation < generations
    ),
    found AS (
        SELECT line.generation, line.task_id, line.step_id, line.key, line.subject_id
        FROM line
        LIMIT at_most
    )
    SELECT
        found.generation,
        found.task_id,
        source.name,
        step.name,
        found.key,
        found.subject_id,
        history.runs,
        coalesce(recent.job_id, earlier.job_id),
        coalesce(recent.outcome, earlier.outcome),
        coalesce(recent.finished_at, earlier.finished_at)
    FROM found
    INNER JOIN step ON step.step_id = found.step_id
    INNER JOIN source ON source.source_id = step.source_id
    -- A thousand tasks with a thousand runs each would be a million rows: beyond 20 they are not counted.
    CROSS JOIN LATERAL (
        SELECT count(*) AS runs
        FROM (SELECT FROM job WHERE job.task_id = found.task_id LIMIT 20) AS runs
    ) AS history
    -- Most have run in the last two days, whose partitions are few.
    LEFT JOIN LATERAL (
        SELECT job.job_id, job.outcome, job.finished_at
        FROM job
        WHERE job.task_id = found.task_id AND job.finished_at > now() - interval '2 days'
        ORDER BY job.finished_at DESC
        LIMIT 1
    ) AS recent ON true
    LEFT JOIN LATERAL (
        SELECT job.job_id, job.outcome, job.finished_at
        FROM job
        WHERE job.task_id = found.task_id AND recent.job_id IS NULL
        ORDER BY job.finished_at DESC
        LIMIT 1
    ) AS earlier ON true
    ORDER BY found.generation, source.name, step.name, found.key;
END
$$;

COMMENT ON FUNCTION descendants IS 'The tasks that a job discovered, with their last job; with more generations, also the tasks that the jobs of these discovered. subject_id is the cinema or the showtime that a task watches; runs counts to 20. Example: SELECT step, key, subject_id, last_job_id, last_outcome FROM descendants(4711, generations => 2);';
