-- Counts the jobs that read_job_list.sql would list on all pages, up to $10; $1 to $9 as there.
--
-- It counts the newest rows in the order of the index: a scan of a partition would begin with the
-- rows of its morning, and pass all of them before it comes to the window.
SELECT count(*) AS "count!"
FROM (
    SELECT job.ended_seq
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
) AS counted
