-- Jobs that ended from $1 on, by source and by span of $2 seconds since the epoch; $1 begins a span.
--
-- The second bound is what the plan is made for: with a generic plan nothing is known of $1.
SELECT
    step.source_id,
    ended.span AS "span!",
    sum(ended.ended)::bigint AS "ended!",
    sum(ended.succeeded)::bigint AS "succeeded!",
    sum(ended.failed)::bigint AS "failed!",
    sum(ended.snapshots)::bigint AS "snapshots!",
    sum(ended.seat_records)::bigint AS "seat_records!",
    max(ended.last_success_at) AS last_success_at
FROM (
    SELECT
        job.step_id,
        floor(extract(epoch FROM job.finished_at) / $2::integer)::bigint AS span,
        count(*) AS ended,
        count(*) FILTER (WHERE job.outcome = 'succeeded') AS succeeded,
        count(*) FILTER (WHERE job.outcome = 'failed') AS failed,
        count(*) FILTER (WHERE job.changed) AS snapshots,
        coalesce(sum(job.row_count) FILTER (WHERE job.changed), 0) AS seat_records,
        max(job.finished_at) FILTER (WHERE job.outcome = 'succeeded') AS last_success_at
    FROM job
    WHERE job.finished_at >= $1 AND job.finished_at > now() - interval '6 minutes'
    GROUP BY job.step_id, span
) AS ended
INNER JOIN step ON step.step_id = ended.step_id
GROUP BY step.source_id, ended.span
