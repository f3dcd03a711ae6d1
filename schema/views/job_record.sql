CREATE OR REPLACE VIEW job_record WITH (security_invoker = true) AS
SELECT
    job.job_id,
    source.name AS source,
    step.name AS step,
    job.task_id,
    job.outcome,
    job.error_class,
    job.http_status,
    job.observed_at,
    job.finished_at,
    job.claimed_at - job.enqueued_at AS queued_for,
    job.finished_at - job.claimed_at AS ran_for,
    job.fetch_micros,
    job.response_bytes,
    job.row_count,
    job.changed,
    job.sold,
    job.unmapped,
    job.requests,
    job.attempt,
    job.parent_job_id,
    job.pod_id,
    definition.version AS definition_version,
    job.request_url,
    job.error,
    job.missing
FROM job
INNER JOIN step ON step.step_id = job.step_id
INNER JOIN source ON source.source_id = step.source_id
INNER JOIN definition ON definition.definition_id = job.definition_id;

COMMENT ON VIEW job_record IS 'A row per job that ended: its request, its outcome, how long it took. Name a time, a task or a job. Example: SELECT source, outcome, count(*) FROM job_record WHERE finished_at > now() - interval ''1 hour'' GROUP BY 1, 2;';
COMMENT ON COLUMN job_record.queued_for IS 'Time from enqueue to claim.';
COMMENT ON COLUMN job_record.ran_for IS 'Time from claim to end.';
COMMENT ON COLUMN job_record.request_url IS 'The request, secrets removed.';
COMMENT ON COLUMN job_record.missing IS 'Rows of its answer that could not be read; 0 if their number is unknown; NULL if all were read.';
