-- Places tasks in the queue for the leader $1 of epoch $2, the most urgent first.
--
-- $3 task_id, $4 limit_key_id, $5 permits, $6 attempt, $7 expires_at,
-- $8 the only pod that may claim it, or NULL: one each per task.
--
-- The share lock on the leader's row is the fence: a takeover waits for this
-- statement or this statement finds the new epoch and places nothing, so a
-- takeover's first look at queue and running sees all that its predecessor did.
-- So nobody else places a task between the look and the insert, and the upsert that
-- would guard against it, with a record of the log for each row, is not needed.
-- OFFSET keeps both looks from becoming joins: a table that was empty when it was analyzed,
-- and is full of what a long transaction elsewhere keeps, would be read whole for each task.
-- Order is made explicit because the claim runs by queue_id.
-- One NOTIFY for the batch wakes the pods; they poll as well.
-- Nobody waits until the disk has it: a crash empties the queue in any case, and the commit of
-- a claim, which is waited for, takes all earlier log with it, the numbers of jobs included.
WITH fence AS MATERIALIZED (
    SELECT leader.epoch
    FROM leader
    CROSS JOIN set_config('synchronous_commit', 'off', true)
    WHERE leader.holder = $1 AND leader.epoch = $2
    FOR SHARE OF leader
),
placed AS (
    INSERT INTO queue (task_id, limit_key_id, permits, attempt, expires_at, pod_id, epoch)
    SELECT
        ready.task_id, ready.limit_key_id, ready.permits, ready.attempt, ready.expires_at,
        ready.pod_id, fence.epoch
    FROM fence
    CROSS JOIN unnest(
        $3::bigint[], $4::integer[], $5::smallint[], $6::smallint[], $7::timestamptz[], $8::integer[]
    ) WITH ORDINALITY AS ready (task_id, limit_key_id, permits, attempt, expires_at, pod_id, rank)
    WHERE NOT EXISTS (SELECT FROM running WHERE running.task_id = ready.task_id OFFSET 0)
        AND NOT EXISTS (SELECT FROM queue AS waiting WHERE waiting.task_id = ready.task_id OFFSET 0)
    ORDER BY ready.rank
    RETURNING queue_id, task_id
)
SELECT
    placed.queue_id AS "queue_id!",
    placed.task_id AS "task_id!",
    pg_notify('fullhouse_queue', '') IS NULL AS notified
FROM placed
