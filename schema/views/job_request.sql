CREATE OR REPLACE VIEW job_request WITH (security_invoker = true) AS
SELECT
    job.job_id AS of_job_id,
    conversation.position,
    request.job_id,
    request.request_kind AS kind,
    request.request_url AS url,
    request.outcome,
    request.http_status,
    request.response_bytes,
    request.cache_result,
    request.first_hits,
    request.requests AS sent,
    request.enqueued_at,
    request.claimed_at,
    request.observed_at,
    request.finished_at,
    request.wait_micros,
    request.connect_micros,
    request.first_byte_micros,
    request.body_micros,
    request.extract_micros,
    request.store_micros,
    request.error_class,
    request.error,
    request.body_hash
FROM job
CROSS JOIN LATERAL job_conversation(job.job_id) AS conversation
INNER JOIN job AS request
    ON request.job_id = conversation.job_id
    AND request.finished_at = conversation.finished_at;

COMMENT ON VIEW job_request IS 'For each job: the requests of its whole conversation, in order, each with its own job, because a permit is one request. Name a job. Example: SELECT position, kind, url, http_status, response_bytes FROM job_request WHERE of_job_id = 4711 ORDER BY position;';
COMMENT ON COLUMN job_request.of_job_id IS 'The job whose conversation it is: any of its jobs.';
COMMENT ON COLUMN job_request.position IS 'From 1.';
COMMENT ON COLUMN job_request.job_id IS 'The job that sent the request.';
COMMENT ON COLUMN job_request.url IS 'The request, secrets removed; NULL if the job had none to send.';
COMMENT ON COLUMN job_request.sent IS 'Requests that the job sent: 0 if its permit or its pod ended first.';
COMMENT ON COLUMN job_request.first_hits IS 'Requests before this one that were not sent, because the pod still knew their answers.';
COMMENT ON COLUMN job_request.connect_micros IS 'NULL where a connection was used again.';
COMMENT ON COLUMN job_request.body_hash IS 'Name of the body of its answer in the archive; NULL if it is not archived.';
