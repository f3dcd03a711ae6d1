CREATE OR REPLACE FUNCTION job_lineage(of_job bigint)
RETURNS TABLE (
    generation integer,
    job_id bigint,
    source text,
    step text,
    key text,
    outcome job_outcome,
    observed_at timestamptz,
    finished_at timestamptz,
    pod text,
    definition_version integer,
    request_url text,
    error text,
    log text[]
)
LANGUAGE sql STABLE
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
    WITH RECURSIVE line AS (
        SELECT 0 AS generation, job.*
        FROM job
        WHERE job.job_id = of_job
        UNION ALL
        SELECT line.generation + 1, parent.*
        FROM line
        INNER JOIN job AS parent ON parent.job_id = line.parent_job_id
        WHERE line.generation < 16
    )
    SELECT
        line.generation,
        line.job_id,
        source.name,
        step.name,
        task.key,
        line.outcome,
        line.observed_at,
        line.finished_at,
        pod.name,
        definition.version,
        line.request_url,
        line.error,
        ARRAY(
            SELECT job_log.level || ': ' || job_log.message
            FROM job_log
            WHERE job_log.job_id = line.job_id
            ORDER BY job_log.logged_at
        )
    FROM line
    INNER JOIN step ON step.step_id = line.step_id
    INNER JOIN source ON source.source_id = step.source_id
    INNER JOIN definition ON definition.definition_id = line.definition_id
    LEFT JOIN task ON task.task_id = line.task_id
    LEFT JOIN pod ON pod.pod_id = line.pod_id
    ORDER BY line.generation;
$$;

COMMENT ON FUNCTION job_lineage IS 'A job, the job that discovered its task, and so on up to the root, each with its log lines. Example: SELECT * FROM job_lineage(4711);';
