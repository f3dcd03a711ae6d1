-- The requests of the conversation of job $1, in order.
SELECT
    position AS "position!",
    job_id AS "job_id!",
    kind::text,
    url,
    outcome::text AS "outcome!",
    http_status,
    response_bytes,
    cache_result::text,
    first_hits,
    enqueued_at AS "enqueued_at!",
    finished_at AS "finished_at!",
    (extract(epoch FROM claimed_at - enqueued_at) * 1e6)::bigint AS "queued_micros!",
    wait_micros,
    connect_micros,
    first_byte_micros,
    body_micros,
    extract_micros,
    store_micros,
    body_hash
FROM job_request
WHERE of_job_id = $1
ORDER BY position
LIMIT 1000
