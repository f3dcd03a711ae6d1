-- One call is one transaction that no client can leave open: a leader that is stopped in the
-- middle of it would keep the lock on the leader's row, and with it every other from taking over.
-- Each statement sees everything that was committed before it: if a claim takes a row from the queue
-- while this function waits for that row, it is found in running.
CREATE OR REPLACE FUNCTION take_task_requests(leader_holder uuid, leader_epoch bigint, at_most integer)
RETURNS TABLE (
    task_id bigint,
    step_id integer,
    due_at timestamptz,
    starts_at timestamptz,
    failures smallint,
    deaths smallint,
    gated boolean,
    gate_changed_at timestamptz,
    film_id integer,
    cinema_id integer,
    looked_at timestamptz,
    sales real,
    exposure real,
    sold smallint,
    missing_since timestamptz,
    misses smallint,
    is_scheduled boolean,
    action task_action,
    unqueued_job_id bigint
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    taken task_request[];
    ending bigint[];
    unqueued jsonb;
BEGIN
    -- The fence: see enqueue_tasks.sql.
    PERFORM FROM leader
    WHERE leader.holder = leader_holder AND leader.epoch = leader_epoch
    FOR SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;

    WITH gone AS (
        DELETE FROM task_request
        WHERE request_id = ANY (ARRAY(
            SELECT request_id FROM task_request ORDER BY request_id LIMIT at_most))
        RETURNING task_request
    )
    SELECT array_agg(gone.task_request) INTO taken FROM gone;
    IF taken IS NULL THEN
        RETURN;
    END IF;

    -- The last request of a task counts, except that a cancelled run ends in any case.
    ending := ARRAY(
        SELECT DISTINCT request.task_id FROM unnest(taken) AS request
        WHERE request.action IN ('cancel', 'retire'));
    WITH gone AS (
        DELETE FROM queue WHERE queue.task_id = ANY (ending)
        RETURNING queue.task_id, queue.queue_id
    )
    SELECT jsonb_object_agg(gone.task_id, gone.queue_id) INTO unqueued FROM gone;
    -- A claim's row in running is its lease: without it, what the pod sees is refused, as that
    -- of a pod which was given up.
    WITH cancelled AS (
        DELETE FROM running
        WHERE running.task_id = ANY (ending)
        RETURNING running.*
    )
    INSERT INTO job (
        job_id, task_id, parent_job_id, enqueued_at, claimed_at,
        pod_id, definition_id, step_id, outcome, attempt, error)
    SELECT
        cancelled.job_id, cancelled.task_id, task.discovered_by, cancelled.enqueued_at,
        cancelled.claimed_at, cancelled.pod_id, cancelled.definition_id, cancelled.step_id,
        'cancelled', cancelled.attempt,
        'an operator ended it; whatever its pod still sees is refused'
    FROM cancelled
    INNER JOIN task ON task.task_id = cancelled.task_id;

    RETURN QUERY
    WITH last AS (
        SELECT DISTINCT ON (request.task_id) request.task_id, request.action, request.reason
        FROM unnest(taken) AS request
        ORDER BY request.task_id, request.request_id DESC
    ),
    changed AS (
        UPDATE task
        SET due_at = CASE WHEN last.action IN ('run', 'release') THEN now() ELSE task.due_at END,
            failures = CASE WHEN last.action = 'release' THEN 0 ELSE task.failures END,
            deaths = CASE WHEN last.action = 'release' THEN 0 ELSE task.deaths END,
            misses = CASE WHEN last.action = 'release' THEN 0 ELSE task.misses END,
            missing_since = CASE WHEN last.action <> 'release' THEN task.missing_since END,
            isolated_at = CASE WHEN last.action <> 'release' THEN task.isolated_at END,
            retired_at = CASE
                WHEN last.action = 'retire' THEN coalesce(task.retired_at, now())
                WHEN last.action <> 'release' THEN task.retired_at
            END,
            retired_reason = CASE
                WHEN last.action = 'retire' THEN coalesce(last.reason, 'an operator retired it')
                WHEN last.action <> 'release' THEN task.retired_reason
            END
        FROM last
        WHERE task.task_id = last.task_id
            AND task.task_id = ANY (ARRAY(SELECT last.task_id FROM last))
        RETURNING task.*, last.action
    )
    SELECT
        changed.task_id, changed.step_id, changed.due_at, changed.starts_at, changed.failures,
        changed.deaths, changed.gate IS NOT NULL, changed.gate_changed_at,
        showtime.film_id, showtime.cinema_id,
        changed.looked_at, changed.sales, changed.exposure, changed.sold,
        changed.missing_since, changed.misses,
        changed.retired_at IS NULL AND changed.isolated_at IS NULL,
        changed.action,
        (unqueued ->> changed.task_id::text)::bigint
    FROM changed
    INNER JOIN step ON step.step_id = changed.step_id
    LEFT JOIN showtime
        ON showtime.showtime_id = changed.subject_id AND step.yields = 'seats';
END
$$;

COMMENT ON FUNCTION take_task_requests IS 'Applies operator requests for the leader of that epoch, up to a number of requests: returns each task with its last request, and the job that was taken out of the queue. Called by the leader only. Example: SELECT task_id, action FROM take_task_requests(''00000000-0000-0000-0000-000000000000'', 0, 500);';
