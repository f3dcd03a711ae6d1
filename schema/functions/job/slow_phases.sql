CREATE OR REPLACE FUNCTION slow_phases(from_at timestamptz, until_at timestamptz)
RETURNS TABLE (
    source text,
    step text,
    phase text,
    jobs bigint,
    median_ms double precision,
    p95_ms double precision,
    max_ms double precision,
    total_seconds double precision,
    slowest_job_id bigint
)
LANGUAGE sql STABLE
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
    SELECT
        job_phase.source,
        job_phase.step,
        job_phase.phase,
        count(*),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY job_phase.micros) / 1e3,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY job_phase.micros) / 1e3,
        max(job_phase.micros) / 1e3,
        sum(job_phase.micros)::double precision / 1e6,
        (array_agg(job_phase.job_id ORDER BY job_phase.micros DESC))[1]
    FROM job_phase
    WHERE job_phase.finished_at >= from_at AND job_phase.finished_at < until_at
    GROUP BY job_phase.source, job_phase.step, job_phase.phase
    ORDER BY 6 DESC, 1, 2, 3;
$$;

COMMENT ON FUNCTION slow_phases IS 'How long each phase of the jobs of each step took in a span of time, the slowest first. Example: SELECT * FROM slow_phases(now() - interval ''1 hour'', now()) LIMIT 10;';
