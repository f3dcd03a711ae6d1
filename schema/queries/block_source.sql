-- Blocks the source named $3 because of $4, for the leader $1 of epoch $2; gives a row if it was
-- active until then.
--
-- Fenced as enqueue_tasks. What a person made of the source meanwhile stands.
WITH fence AS MATERIALIZED (
    SELECT epoch
    FROM leader
    WHERE holder = $1 AND epoch = $2
    FOR SHARE
),
blocked AS (
    UPDATE source
    SET state = 'blocked',
        state_reason = $4,
        state_changed_at = now()
    FROM fence
    WHERE source.name = $3 AND source.state = 'active'
    RETURNING source.source_id
)
INSERT INTO source_change (source_id, new_state, reason)
SELECT source_id, 'blocked', $4
FROM blocked
RETURNING source_id
