-- Starts at the task, so that a condition on showtimes reaches the keys of both tables.
CREATE OR REPLACE VIEW showtime_gap WITH (security_invoker = true) AS
SELECT
    span.showtime_id,
    span.from_at,
    span.until_at,
    span.until_at - span.from_at AS lasted,
    span.every AS looked_at_least_every,
    tried.tries,
    tried.last_error,
    span.changed,
    CASE WHEN tried.tries > 0 THEN 'looks failed' ELSE 'nobody looked' END AS reason
FROM (
    SELECT
        look.showtime_id,
        look.task_id,
        look.every,
        lag(look.at) OVER looks AS from_at,
        look.at AS until_at,
        look.changed,
        look.is_end AND lead(look.at) OVER looks IS NOT NULL AS is_passed
    FROM (
        SELECT
            task.subject_id AS showtime_id,
            task.task_id,
            make_interval(secs => step.every_seconds) AS every,
            job.observed_at AS at,
            job.changed,
            false AS is_end
        FROM task
        INNER JOIN step ON step.step_id = task.step_id AND step.yields = 'seats'
        INNER JOIN job
            ON job.task_id = task.task_id
            AND job.outcome = 'succeeded'
            AND job.changed IS NOT NULL
        WHERE task.subject_id IS NOT NULL
        UNION ALL
        -- The end of the last span: now, or the start of the showtime.
        SELECT
            task.subject_id,
            task.task_id,
            make_interval(secs => step.every_seconds),
            least(now(), showtime.starts_at),
            NULL,
            true
        FROM task
        INNER JOIN step ON step.step_id = task.step_id AND step.yields = 'seats'
        INNER JOIN showtime ON showtime.showtime_id = task.subject_id
    ) AS look
    WINDOW looks AS (PARTITION BY look.showtime_id, look.task_id ORDER BY look.at)
) AS span
CROSS JOIN LATERAL (
    SELECT count(*) AS tries, (array_agg(job.error ORDER BY job.finished_at DESC))[1] AS last_error
    FROM job
    WHERE job.task_id = span.task_id
        AND job.finished_at > span.from_at
        AND job.finished_at < span.until_at
        AND job.outcome IN ('failed', 'lost')
) AS tried
WHERE span.until_at - span.from_at > span.every * 1.25
    AND NOT span.is_passed;

COMMENT ON VIEW showtime_gap IS 'A row per span in which nobody saw the seats of a showtime for longer than its step allows, up to its start: what was sold in it is known only as a sum. Outside of these spans a showtime was looked at, and if showtime_look has no change, nothing happened. Name showtimes, by value or by a join. Example: SELECT from_at, lasted, reason, tries, last_error FROM showtime_gap WHERE showtime_id = 1 ORDER BY from_at;';
COMMENT ON COLUMN showtime_gap.from_at IS 'The last look before.';
COMMENT ON COLUMN showtime_gap.until_at IS 'The next look; if there is none yet, now, or the start of the showtime.';
COMMENT ON COLUMN showtime_gap.looked_at_least_every IS 'The longest time between two looks, by the definition; a gap is a quarter longer.';
COMMENT ON COLUMN showtime_gap.tries IS 'Jobs that failed in it, or whose pod died.';
COMMENT ON COLUMN showtime_gap.changed IS 'Whether the look that ended it saw other seats than the one before; false: nothing happened, or it was undone; NULL: no look ended it.';
COMMENT ON COLUMN showtime_gap.reason IS 'looks failed: it was tried, see last_error; nobody looked: no job of its task ended in it.';
