-- At most $3 clients that send events, in the order of their names, behind the name $2 (NULL for the
-- first page); with $1, only the client of that name. The day is the present one of the client.
SELECT
    event_client.client_id, event_client.name, event_client.time_zone, event_client.week_start,
    extract(epoch FROM event_client.duplicate_window)::bigint AS "duplicate_window_seconds!",
    event_client.created_at,
    (now() AT TIME ZONE event_client.time_zone)::date AS "today!",
    (
        SELECT count(*)
        FROM event_key
        WHERE event_key.client_id = event_client.client_id
            AND event_key.revoked_at IS NULL
            AND coalesce(event_key.expires_at > now(), true)
    ) AS "keys_in_force!"
FROM event_client
WHERE ($1::text IS NULL OR event_client.name = $1)
    AND ($2::text IS NULL OR event_client.name > $2)
ORDER BY event_client.name
LIMIT $3
