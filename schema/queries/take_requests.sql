-- Takes up to $3 of what persons asked of tasks, for the leader $1 of epoch $2, and does to the
-- tasks what it says; gives each task with its last action, and its job if that was queued.
--
-- Only the leader places tasks, so nothing is placed between this and its memory.
SELECT
    task_id AS "task_id!",
    step_id AS "step_id!",
    due_at AS "due_at!",
    starts_at,
    failures AS "failures!",
    deaths AS "deaths!",
    gated AS "gated!",
    gate_changed_at,
    film_id,
    cinema_id,
    looked_at,
    sales AS "sales!",
    exposure AS "exposure!",
    sold,
    missing_since,
    misses AS "misses!",
    is_scheduled AS "is_scheduled!",
    action AS "action!: RequestedAction",
    unqueued_job_id
FROM take_task_requests($1, $2, $3)
