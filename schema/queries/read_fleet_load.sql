-- Queue, claims and pods at this moment, in one row.
WITH pods AS (
    SELECT
        count(*) AS pods,
        coalesce(sum(agents), 0)::bigint AS agents,
        coalesce(sum(agents_busy), 0)::bigint AS agents_busy
    FROM pod
    WHERE ended_at IS NULL
)
SELECT
    (SELECT count(*) FROM queue) AS "queued!",
    (SELECT count(*) FROM running) AS "running!",
    (SELECT name FROM leader WHERE expires_at > now()) AS leader,
    pods.pods AS "pods!",
    pods.agents AS "agents!",
    pods.agents_busy AS "agents_busy!"
FROM pods
