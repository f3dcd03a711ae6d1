CREATE OR REPLACE VIEW source_failure
WITH (security_invoker = true) AS
SELECT
    source.name AS source,
    step.name AS step,
    coalesce(job.error_class::text, job.outcome::text) AS reason,
    count(*) AS jobs,
    min(job.finished_at) AS first_at,
    max(job.finished_at) AS last_at,
    max(job.job_id) AS last_job_id,
    (array_agg(job.error ORDER BY job.finished_at DESC))[1] AS last_error
FROM job
INNER JOIN step ON step.step_id = job.step_id
INNER JOIN source ON source.source_id = step.source_id
WHERE job.outcome IN ('failed', 'lost')
    AND job.finished_at > now() - interval '7 days'
GROUP BY source.name, step.name, coalesce(job.error_class::text, job.outcome::text);

COMMENT ON VIEW source_failure IS 'Failures of the last seven days, by source, step and reason. Example: SELECT * FROM source_failure WHERE source = ''bhd'' ORDER BY last_at DESC;';
