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
DECLARE
    next_job bigint := of_job;
BEGIN
    generation := 0;
    WHILE next_job IS NOT NULL AND generation <= 16 LOOP
        -- Planned once per session: to plan for every day's partition takes longer than to find the row.
        SELECT
            job.job_id,
            source.name,
            step.name,
            task.key,
            job.outcome,
            job.observed_at,
            job.finished_at,
            pod.name,
            definition.version,
            job.request_url,
            job.error,
            job.http_status,
            job.response_bytes,
            job.body_hash,
            job.parent_job_id
        INTO
            job_id, source, step, key, outcome, observed_at, finished_at, pod, definition_version,
            request_url, error, http_status, response_bytes, body_hash, next_job
        FROM job
        INNER JOIN step ON step.step_id = job.step_id
        INNER JOIN source ON source.source_id = step.source_id
        INNER JOIN definition ON definition.definition_id = job.definition_id
        LEFT JOIN task ON task.task_id = job.task_id
        LEFT JOIN pod ON pod.pod_id = job.pod_id
        WHERE job.job_id = next_job;
        EXIT WHEN NOT FOUND;

        -- The log lines of a job are written with its row, so at the same time. Planned for that time,
        -- which leaves the partitions of two days at most.
        EXECUTE $log$
            SELECT
                coalesce(array_agg(job_log.level || ': ' || job_log.message ORDER BY job_log.logged_at), '{}'),
                coalesce(
                    jsonb_agg(
                        jsonb_build_object(
                            'level', job_log.level, 'message', job_log.message, 'fields', job_log.fields)
                        ORDER BY job_log.logged_at),
                    '[]')
            FROM job_log
            WHERE job_log.job_id = $1
                AND job_log.logged_at BETWEEN $2 - interval '1 hour' AND $2 + interval '1 hour'
            $log$
        INTO log, log_lines
        USING job_id, finished_at;
        RETURN NEXT;
        generation := generation + 1;
    END LOOP;
END
$$;

COMMENT ON FUNCTION job_lineage IS 'A job, the job that discovered its task, and so on up to the root, each with its log lines and the hash of its archived body. Example: SELECT * FROM job_lineage(4711);';
