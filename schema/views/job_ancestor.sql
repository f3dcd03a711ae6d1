CREATE OR REPLACE VIEW job_ancestor WITH (security_invoker = true) AS
SELECT
    job.job_id AS of_job_id,
    story.generation,
    story.job_id,
    story.source,
    story.step,
    story.key,
    story.outcome,
    story.observed_at,
    story.finished_at,
    story.pod,
    story.definition_version,
    story.request_url,
    story.error,
    story.log,
    story.http_status,
    story.response_bytes,
    story.body_hash,
    story.log_lines
FROM job
CROSS JOIN LATERAL job_lineage(job.job_id) AS story;

COMMENT ON VIEW job_ancestor IS 'For each job: itself, the job that discovered its task, and so on up to the root, with their log lines and the hashes of their archived bodies, as in job_lineage. Name a job. Example: SELECT generation, step, request_url FROM job_ancestor WHERE of_job_id = 4711 ORDER BY generation;';
COMMENT ON COLUMN job_ancestor.of_job_id IS 'The job whose ancestors these are.';
COMMENT ON COLUMN job_ancestor.generation IS '0 for that job, 1 for the one that discovered its task, and so on.';
COMMENT ON COLUMN job_ancestor.log IS 'Its log lines as texts.';
COMMENT ON COLUMN job_ancestor.log_lines IS 'Its log lines as a list of objects with level, message and fields.';
COMMENT ON COLUMN job_ancestor.body_hash IS 'Name of the body of its answer in the archive; NULL if it is not archived.';
