CREATE OR REPLACE VIEW job_phase WITH (security_invoker = true) AS
SELECT
    job.job_id,
    job.step_id,
    source.name AS source,
    step.name AS step,
    job.finished_at,
    phase.position,
    phase.phase,
    phase.micros
FROM job
INNER JOIN step ON step.step_id = job.step_id
INNER JOIN source ON source.source_id = step.source_id
CROSS JOIN LATERAL (VALUES
    (1, 'queued', (extract(epoch FROM job.claimed_at - job.enqueued_at) * 1e6)::bigint),
    (2, 'wait', job.wait_micros::bigint),
    (3, 'connect', job.connect_micros::bigint),
    (4, 'first byte', job.first_byte_micros::bigint),
    (5, 'body', job.body_micros::bigint),
    (6, 'extract', job.extract_micros::bigint),
    (7, 'store', job.store_micros::bigint)
) AS phase (position, phase, micros)
WHERE phase.micros IS NOT NULL;

COMMENT ON VIEW job_phase IS 'A row per job and phase that took place, in order: queued, wait (for the rate limiter of the pod), connect (name, TCP, TLS), first byte, body, extract, store. Name a job or a time. Example: SELECT phase, micros FROM job_phase WHERE job_id = 4711 ORDER BY position;';
COMMENT ON COLUMN job_phase.position IS 'From 1, in the order of time.';
COMMENT ON COLUMN job_phase.phase IS 'queued, wait, connect, first byte, body, extract or store. A connection that was used again has no phase connect.';
COMMENT ON COLUMN job_phase.micros IS 'Microseconds.';
