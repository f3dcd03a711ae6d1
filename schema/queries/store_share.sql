-- Writes down that limit key $3 is given the share $4 of its rate because of $5, for the leader
-- $1 of epoch $2; fenced as enqueue_tasks.
WITH fence AS MATERIALIZED (
    SELECT epoch
    FROM leader
    WHERE holder = $1 AND epoch = $2
    FOR SHARE
)
UPDATE limit_key
SET rate_share = $4,
    share_reason = $5,
    share_changed_at = now()
FROM fence
WHERE limit_key.limit_key_id = $3
