-- Answers that were not read as a whole.
--
-- What is absent from such an answer means nothing, so its history says so: a listing with
-- missing = NULL cancels what it does not name, another one cancels nothing.

ALTER TABLE job ADD COLUMN missing integer;
COMMENT ON COLUMN job.missing IS 'Rows of its answer that could not be read, or that moved between pages: what is absent from the answer is then not taken for gone. 0: there were no rows and nothing in the answer said so; NULL: it was read as a whole.';

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
COMMENT ON COLUMN job_record.missing IS 'Rows of its answer that could not be read; 0 where it cannot be known how many; NULL where it was read as a whole.';
