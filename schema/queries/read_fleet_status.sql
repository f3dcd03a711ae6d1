-- What the fleet is doing at this moment, in one row; $1 is the window for the rates, in seconds.
--
-- Everything is found by key or by time, so it costs the same however much has
-- been stored.
WITH recent AS (
    SELECT
        count(*) AS jobs,
        count(*) FILTER (WHERE outcome = 'failed') AS failed,
        count(*) FILTER (WHERE changed) AS snapshots,
        coalesce(sum(row_count) FILTER (WHERE changed), 0)::bigint AS seat_records
    FROM job
    WHERE finished_at > now() - make_interval(secs => $1)
),
pods AS (
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
    pods.agents_busy AS "agents_busy!",
    recent.jobs AS "jobs!",
    recent.failed AS "failed!",
    recent.snapshots AS "snapshots!",
    recent.seat_records AS "seat_records!"
FROM recent
CROSS JOIN pods
