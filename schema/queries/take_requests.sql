-- Takes what persons asked of tasks, for the leader $1 of epoch $2, and does to the tasks
-- what it says; gives each task with its last wish.
--
-- Only the leader places tasks, so nothing is placed between this and its memory. The
-- share lock is the fence of enqueue_tasks. Later wishes of one task stand for the
-- earlier, except that a cancelled run is ended in any case: see cancel_jobs.
WITH fence AS MATERIALIZED (
    SELECT epoch
    FROM leader
    WHERE holder = $1 AND epoch = $2
    FOR SHARE
),
taken AS (
    DELETE FROM task_request
    USING fence
    RETURNING request_id, task_id, wish, reason
),
last AS (
    SELECT DISTINCT ON (task_id)
        task_id,
        wish,
        reason,
        bool_or(wish IN ('cancel', 'retire')) OVER (PARTITION BY task_id) AS ends_run
    FROM taken
    ORDER BY task_id, request_id DESC
),
changed AS (
    UPDATE task
    SET due_at = CASE WHEN last.wish IN ('run', 'release') THEN now() ELSE task.due_at END,
        failures = CASE WHEN last.wish = 'release' THEN 0 ELSE task.failures END,
        deaths = CASE WHEN last.wish = 'release' THEN 0 ELSE task.deaths END,
        isolated_at = CASE WHEN last.wish <> 'release' THEN task.isolated_at END,
        retired_at = CASE
            WHEN last.wish = 'retire' THEN coalesce(task.retired_at, now())
            WHEN last.wish <> 'release' THEN task.retired_at
        END,
        retired_reason = CASE
            WHEN last.wish = 'retire' THEN coalesce(last.reason, 'an operator retired it')
            WHEN last.wish <> 'release' THEN task.retired_reason
        END
    FROM last
    WHERE task.task_id = last.task_id
        AND task.task_id = ANY (ARRAY(SELECT last.task_id FROM last))
    RETURNING
        task.task_id, task.step_id, task.due_at, task.starts_at, task.failures, task.deaths,
        task.subject_id, task.gate IS NOT NULL AS gated, task.gate_changed_at,
        task.looked_at, task.sales, task.exposure, task.sold,
        task.retired_at IS NULL AND task.isolated_at IS NULL AS is_scheduled,
        last.wish, last.ends_run
)
SELECT
    changed.task_id AS "task_id!",
    changed.step_id AS "step_id!",
    changed.due_at AS "due_at!",
    changed.starts_at,
    changed.failures AS "failures!",
    changed.deaths AS "deaths!",
    changed.gated AS "gated!",
    changed.gate_changed_at,
    showtime.film_id AS "film_id?",
    showtime.cinema_id AS "cinema_id?",
    changed.looked_at,
    changed.sales AS "sales!",
    changed.exposure AS "exposure!",
    changed.sold,
    changed.is_scheduled AS "is_scheduled!",
    changed.wish AS "wish!: Wish",
    changed.ends_run AS "ends_run!"
FROM changed
INNER JOIN step ON step.step_id = changed.step_id
LEFT JOIN showtime ON showtime.showtime_id = changed.subject_id AND step.yields = 'seats'
