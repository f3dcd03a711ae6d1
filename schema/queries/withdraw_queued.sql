-- Takes the rows $3 out of the queue for the leader $1 of epoch $2; gives those that were there.
--
-- Fenced as enqueue_tasks: a new leader knows the rows that the one before it placed, and takes
-- one that it does not find for claimed.
WITH fence AS MATERIALIZED (
    SELECT epoch
    FROM leader
    WHERE holder = $1 AND epoch = $2
    FOR SHARE
)
DELETE FROM queue
USING fence
WHERE queue.queue_id = ANY ($3::bigint[])
RETURNING queue.queue_id
