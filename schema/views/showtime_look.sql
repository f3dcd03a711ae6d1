-- Starts at the task, so that a condition on showtimes reaches the keys of both tables.
CREATE OR REPLACE VIEW showtime_look WITH (security_invoker = true) AS
SELECT
    task.subject_id AS showtime_id,
    job.observed_at,
    job.changed,
    job.sold,
    job.unmapped,
    job.job_id
FROM task
INNER JOIN step ON step.step_id = task.step_id AND step.yields = 'seats'
INNER JOIN job
    ON job.task_id = task.task_id
    AND job.outcome = 'succeeded'
    AND job.changed IS NOT NULL
WHERE task.subject_id IS NOT NULL;

COMMENT ON VIEW showtime_look IS 'A row per look at the seats of a showtime, with or without a change: it distinguishes "no change" from "no look". Name showtimes, by value or by a join. Example: SELECT observed_at, changed, sold FROM showtime_look WHERE showtime_id = 1 ORDER BY observed_at;';
COMMENT ON COLUMN showtime_look.changed IS 'Whether its seats differed from the last stored ones; if so, there is a snapshot of this job.';
COMMENT ON COLUMN showtime_look.sold IS 'Seats sold, by the mapping of codes at that time.';
COMMENT ON COLUMN showtime_look.unmapped IS 'Seats whose code was not mapped at that time.';
