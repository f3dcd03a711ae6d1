-- Lists the last $10 jobs that ended from $1 until $2 (NULL: until now), whose ended_seq is from $3
-- to $4, with an outcome in $5 (empty: any), the error class $6, a step in $7 (empty: any), a pod in
-- $8 (empty: any) and the task $9; NULL: any. The newest first.
--
-- A window is a range of ended_seq for its index, and a time for the pruning of partitions. Filters
-- are plain comparisons with constants, because a reader plans with the actual values: so that of
-- failures can use their partial index. Names are joined to the page only.
SELECT
    page.job_id AS "job_id!",
    page.ended_seq AS "ended_seq!",
    page.task_id AS "task_id!",
    source.name AS "source!",
    step.name AS "step!",
    task.key AS "key?",
    page.outcome::text AS "outcome!",
    page.error_class::text AS "error_class",
    page.http_status,
    page.finished_at AS "finished_at!",
    extract(epoch FROM page.claimed_at - page.enqueued_at)::float8 AS "queued_seconds!",
    extract(epoch FROM page.finished_at - page.claimed_at)::float8 AS "ran_seconds!",
    page.response_bytes,
    page.row_count,
    page.changed,
    page.attempt AS "attempt!",
    pod.name AS "pod?",
    page.error
FROM (
    SELECT job.job_id, job.ended_seq, job.task_id, job.step_id, job.pod_id, job.outcome, job.error_class,
        job.http_status, job.enqueued_at, job.claimed_at, job.finished_at, job.response_bytes,
        job.row_count, job.changed, job.attempt, job.error
    FROM job
    WHERE job.finished_at >= $1
        AND ($2::timestamptz IS NULL OR job.finished_at < $2)
        AND job.ended_seq >= $3
        AND job.ended_seq <= $4
        AND (cardinality($5::job_outcome[]) = 0 OR job.outcome = ANY ($5))
        AND ($6::error_class IS NULL OR job.error_class = $6)
        AND (cardinality($7::integer[]) = 0 OR job.step_id = ANY ($7))
        AND (cardinality($8::integer[]) = 0 OR job.pod_id = ANY ($8))
        AND ($9::bigint IS NULL OR job.task_id = $9)
    ORDER BY job.ended_seq DESC
    LIMIT $10
) AS page
INNER JOIN step ON step.step_id = page.step_id
INNER JOIN source ON source.source_id = step.source_id
LEFT JOIN task ON task.task_id = page.task_id
LEFT JOIN pod ON pod.pod_id = page.pod_id
ORDER BY page.ended_seq DESC
