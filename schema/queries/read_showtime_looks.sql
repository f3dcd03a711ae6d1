-- The last $4 looks at the seats of showtime $1, with or without a change, that ended from $2 until
-- before $3; the newest first. The bounds keep it to a few partitions of the history.
SELECT
    job.observed_at AS "observed_at!",
    job.job_id,
    job.changed AS "changed!",
    job.sold::integer AS sold,
    job.fetch_micros,
    job.response_bytes,
    job.http_status
FROM task
INNER JOIN step ON step.step_id = task.step_id AND step.yields = 'seats'
INNER JOIN job
    ON job.task_id = task.task_id
    AND job.outcome = 'succeeded'
    AND job.changed IS NOT NULL
WHERE task.subject_id = $1
    AND job.finished_at >= $2
    AND job.finished_at < $3
ORDER BY job.finished_at DESC
LIMIT $4
