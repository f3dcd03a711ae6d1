-- Gives up to $3 jobs that ended with a number of $1 or above and are not in $2.
--
-- Numbers are given out before their transaction commits, so a lower one may
-- appear after a higher one: the caller starts at the lowest that it still
-- misses and names those above it that it has. The bound on finished_at keeps
-- the old partitions out.
SELECT
    job.ended_seq,
    job.job_id,
    job.task_id,
    job.pod_id,
    job.step_id,
    job.unmapped,
    job.missing,
    job.sold,
    -- Only what judges a source; the rest would be read for nothing.
    CASE WHEN job.error_class IN ('malformed', 'unexpected') THEN left(job.error, 400) END AS error,
    job.outcome AS "outcome: Outcome",
    job.attempt,
    job.error_class AS "error_class: ErrorClass",
    job.changed,
    job.retry_after_seconds,
    job.row_count,
    job.fetch_micros,
    job.http_status,
    job.requests,
    -- As it is after this run: the rescue counts.
    CASE WHEN job.outcome = 'lost' THEN (SELECT task.deaths FROM task WHERE task.task_id = job.task_id) END AS deaths,
    job.observed_at,
    job.claimed_at,
    job.finished_at
FROM job
WHERE job.ended_seq >= $1
    AND job.ended_seq <> ALL ($2::bigint[])
    AND job.finished_at > now() - interval '1 hour'
ORDER BY job.ended_seq
LIMIT $3
