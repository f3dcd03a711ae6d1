-- Deliveries that are due, at most $1 for each destination, the newest days first; and what is to be removed
-- from a destination. $2 replaces the clock in tests.
WITH ranked AS (
    SELECT
        status.name,
        status.destination,
        status.day,
        status.index_name,
        row_number() OVER (
            PARTITION BY status.destination ORDER BY status.day DESC NULLS FIRST, status.name
        ) AS place
    FROM data_set_delivery_status AS status
    WHERE status.state IN ('due', 'failed', 'removing')
        AND coalesce(status.next_try_at <= coalesce($2::timestamptz, now()), true)
)
SELECT
    ranked.name AS "name!",
    ranked.destination AS "destination!",
    ranked.day,
    ranked.index_name
FROM ranked
WHERE ranked.place <= $1
ORDER BY ranked.destination, ranked.place
