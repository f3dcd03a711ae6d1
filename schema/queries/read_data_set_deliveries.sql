-- Deliveries of data set $1, those that need a look first, then the newest days; $2 at most.
SELECT
    status.destination AS "destination!",
    status.kind,
    status.day,
    status.state AS "state!",
    status.delivered_at,
    status.documents,
    status.rejected,
    coalesce(status.rejections, '{}') AS "rejections!",
    coalesce(status.tries, 0) AS "tries!",
    status.tried_at,
    status.next_try_at,
    status.error
FROM data_set_delivery_status AS status
WHERE status.name = $1
ORDER BY status.state IN ('failed', 'rejected', 'no_settings') DESC, status.day DESC NULLS FIRST, status.destination
LIMIT $2
