-- Claims up to $3 tasks for pod $1, in the order in which the leader queued them.
--
-- $2 is where to start: the dead entries that a long transaction elsewhere keeps
-- in the index lie below it, and an unbounded scan would wade through them. The
-- caller passes 0 now and then to find what was left behind.
--
-- A row that names a pod goes on with a conversation that only this pod holds.
--
-- The array makes the planner delete by key; with a join it scans the table
-- once the table has grown. A pod that the leader has ended claims nothing.
-- permit_millis counts from inside this statement, so a caller that counts from
-- before it sent the statement stops early rather than late.
--
-- Claims of seats and prices bring what is known of their showtime, by key, so that
-- an answer can be judged without another round trip; one that was never seen
-- brings what its auditorium had last. What is older than step.baseline_from was set
-- aside by a person.
WITH taken AS (
    DELETE FROM queue
    WHERE queue_id = ANY (ARRAY(
        SELECT waiting.queue_id
        FROM queue AS waiting
        WHERE waiting.queue_id >= $2
            AND (waiting.pod_id IS NULL OR waiting.pod_id = $1)
            AND waiting.expires_at > clock_timestamp()
            AND EXISTS (SELECT FROM pod WHERE pod.pod_id = $1 AND pod.ended_at IS NULL)
            AND NOT EXISTS (
                SELECT
                FROM limit_key
                WHERE limit_key.limit_key_id = waiting.limit_key_id
                    AND limit_key.paused_until > clock_timestamp()
            )
        ORDER BY waiting.queue_id
        LIMIT $3
        FOR UPDATE OF waiting SKIP LOCKED
    ))
    RETURNING queue_id, task_id, enqueued_at, expires_at, limit_key_id, pod_id, permits, attempt
),
claimed AS MATERIALIZED (
    SELECT
        taken.*,
        task.step_id,
        task.subject_id,
        task.discovered_by,
        task.key,
        task.params,
        task.starts_at,
        step.name AS step,
        step.yields,
        step.baseline_from,
        source.source_id,
        source.definition_id
    FROM taken
    INNER JOIN task ON task.task_id = taken.task_id
    INNER JOIN step ON step.step_id = task.step_id
    INNER JOIN source ON source.source_id = step.source_id
),
leased AS (
    INSERT INTO running (job_id, task_id, enqueued_at, pod_id, definition_id, step_id, attempt)
    SELECT queue_id, task_id, enqueued_at, $1, definition_id, step_id, attempt
    FROM claimed
)
SELECT
    claimed.queue_id AS "job_id!",
    claimed.task_id AS "task_id!",
    claimed.source_id AS "source_id!",
    claimed.definition_id AS "definition_id!",
    claimed.limit_key_id AS "limit_key_id!",
    claimed.step AS "step!",
    claimed.key AS "key!",
    claimed.params AS "params!: Json<Params>",
    claimed.subject_id,
    claimed.discovered_by AS parent_job_id,
    claimed.permits AS "permits!",
    claimed.pod_id IS NOT NULL AS "continues!",
    extract(epoch FROM claimed.expires_at - clock_timestamp())::double precision * 1000 AS "permit_millis!",
    extract(epoch FROM clock_timestamp() - claimed.enqueued_at)::double precision * 1000 AS "queued_millis!",
    extract(epoch FROM claimed.starts_at - clock_timestamp())::double precision AS starts_in_seconds,
    latest.price_median AS "price_median?",
    latest.sold AS "sold?",
    latest.unmapped AS "unmapped?",
    coalesce(latest.layout_id, room.layout_id) AS "layout_id?",
    coalesce(latest.seat_count, room.seat_count) AS "seat_count?",
    coalesce(latest.repeated_labels, room.repeated_labels) AS "repeated_labels?",
    coalesce(latest.label_fields, room.label_fields) AS "label_fields?"
FROM claimed
LEFT JOIN showtime_latest AS latest
    ON latest.showtime_id = claimed.subject_id
    AND claimed.yields IN ('seats', 'prices')
    AND latest.observed_at >= coalesce(claimed.baseline_from, '-infinity')
LEFT JOIN showtime
    ON showtime.showtime_id = claimed.subject_id
    AND claimed.yields = 'seats'
    AND latest.seat_count IS NULL
LEFT JOIN LATERAL (
    SELECT other.layout_id, other.seat_count, other.repeated_labels, other.label_fields
    FROM showtime_latest AS other
    WHERE other.auditorium_id = showtime.auditorium_id
        AND other.seat_count IS NOT NULL
        AND other.observed_at >= coalesce(claimed.baseline_from, '-infinity')
    ORDER BY other.showtime_id DESC
    LIMIT 1
) AS room ON true
ORDER BY claimed.queue_id
