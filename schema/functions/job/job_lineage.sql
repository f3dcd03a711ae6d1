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
    log text[],
    http_status smallint,
    response_bytes integer,
    body_hash bytea,
    log_lines jsonb
)
LANGUAGE plpgsql STABLE
ROWS 3
SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
    -- Planned once per session: to plan for every day's partition takes longer than to find the rows.
    RETURN QUERY
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
        logged.texts,
        line.http_status,
        line.response_bytes,
        line.body_hash,
        logged.lines
    FROM line
    INNER JOIN step ON step.step_id = line.step_id
    INNER JOIN source ON source.source_id = step.source_id
    INNER JOIN definition ON definition.definition_id = line.definition_id
    LEFT JOIN task ON task.task_id = line.task_id
    LEFT JOIN pod ON pod.pod_id = line.pod_id
    -- The log lines of a job are written with its row, so at the same time.
    CROSS JOIN LATERAL (
        SELECT
            coalesce(array_agg(job_log.level || ': ' || job_log.message ORDER BY job_log.logged_at), '{}') AS texts,
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'level', job_log.level, 'message', job_log.message, 'fields', job_log.fields)
                    ORDER BY job_log.logged_at),
                '[]') AS lines
        FROM job_log
        WHERE job_log.job_id = line.job_id
            AND job_log.logged_at BETWEEN line.finished_at - interval '1 hour'
                AND line.finished_at + interval '1 hour'
    ) AS logged
    ORDER BY line.generation;
END
$$;

COMMENT ON FUNCTION job_lineage IS 'A job, the job that discovered its task, and so on up to the root, each with its log lines and the hash of its archived body. Example: SELECT * FROM job_lineage(4711);';
