-- Writes down that $3 agents could be kept busy, where it differs from before, for the leader $1
-- of epoch $2; fenced as enqueue_tasks.
WITH fence AS MATERIALIZED (
    SELECT epoch
    FROM leader
    WHERE holder = $1 AND epoch = $2
    FOR SHARE
)
INSERT INTO agents_wanted AS known (agents)
SELECT $3::integer
FROM fence
ON CONFLICT (one) DO UPDATE
SET agents = excluded.agents,
    computed_at = now()
WHERE known.agents <> excluded.agents
