-- Reads for the report of a day what each source cost: jobs that ended on the day $1 (UTC), their
-- requests, bytes after decompression, and the time of agents from claim to end.
SELECT
    source.name AS "source!",
    count(*) AS "jobs!",
    count(*) FILTER (WHERE job.outcome = 'failed') AS "failed!",
    sum(job.requests)::bigint AS "requests!",
    coalesce(sum(job.response_bytes), 0)::bigint AS "bytes!",
    coalesce(sum(extract(epoch FROM job.finished_at - job.claimed_at)), 0)::double precision
        AS "agent_seconds!"
FROM job
INNER JOIN step ON step.step_id = job.step_id
INNER JOIN source ON source.source_id = step.source_id
WHERE job.finished_at >= $1::date AND job.finished_at < $1::date + 1
GROUP BY source.name
ORDER BY source.name
