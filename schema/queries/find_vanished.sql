-- Which of the jobs $1, of the tasks $2, are neither queued nor running nor in the history.
--
-- OFFSET: as in enqueue_tasks.sql.
SELECT asked.job_id AS "job_id!"
FROM unnest($1::bigint[], $2::bigint[]) AS asked (job_id, task_id)
WHERE NOT EXISTS (SELECT FROM queue WHERE queue.queue_id = asked.job_id OFFSET 0)
    AND NOT EXISTS (
        SELECT
        FROM running
        WHERE running.task_id = asked.task_id AND running.job_id = asked.job_id
        OFFSET 0
    )
    AND NOT EXISTS (
        SELECT
        FROM job
        WHERE job.job_id = asked.job_id AND job.finished_at > now() - interval '1 day'
    )
