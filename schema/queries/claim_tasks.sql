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
        step.name AS step,
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
    queue_id AS "job_id!",
    task_id AS "task_id!",
    source_id AS "source_id!",
    definition_id AS "definition_id!",
    limit_key_id AS "limit_key_id!",
    step AS "step!",
    key AS "key!",
    params AS "params!: Json<Params>",
    subject_id,
    discovered_by AS parent_job_id,
    permits AS "permits!",
    pod_id IS NOT NULL AS "continues!",
    extract(epoch FROM expires_at - clock_timestamp())::double precision * 1000 AS "permit_millis!",
    extract(epoch FROM clock_timestamp() - enqueued_at)::double precision * 1000 AS "queued_millis!"
FROM claimed
ORDER BY queue_id
