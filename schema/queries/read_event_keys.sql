-- At most $3 keys of the client $1, or of all without one, the newest first, before the key $2 (NULL for
-- the first page), each with what came with it since $4.
--
-- OFFSET 0 keeps the sums of a key apart, so they are read by its key and time, whatever else is stored.
SELECT
    event_key.key_id, event_client.name AS client, event_key.name, event_key.is_public,
    event_key.schema_mode, event_key.events_per_second, event_key.origins, event_key.events,
    event_key.created_at, event_key.expires_at, event_key.last_used_at, event_key.revoked_at,
    event_key.revoked_at IS NULL AND coalesce(event_key.expires_at > now(), true) AS "is_in_force!",
    (folded.accepted + coalesce(fresh.accepted, 0))::bigint AS "accepted!",
    (folded.duplicates + coalesce(fresh.duplicates, 0))::bigint AS "duplicates!",
    (folded.rejected + coalesce(fresh.rejected, 0))::bigint AS "rejected!",
    (folded.limited + coalesce(fresh.limited, 0))::bigint AS "limited!"
FROM event_key
INNER JOIN event_client ON event_client.client_id = event_key.client_id
CROSS JOIN LATERAL (
    SELECT
        coalesce(sum(event_intake.accepted), 0) AS accepted,
        coalesce(sum(event_intake.duplicates), 0) AS duplicates,
        coalesce(sum(event_intake.rejected), 0) AS rejected,
        coalesce(sum(event_intake.limited), 0) AS limited
    FROM event_intake
    WHERE event_intake.key_id = event_key.key_id AND event_intake.bucket_at >= $4
    OFFSET 0
) AS folded
LEFT JOIN (
    SELECT
        event_intake_change.key_id,
        sum(event_intake_change.accepted) AS accepted,
        sum(event_intake_change.duplicates) AS duplicates,
        sum(event_intake_change.rejected) AS rejected,
        sum(event_intake_change.limited) AS limited
    FROM event_intake_change
    WHERE event_intake_change.bucket_at >= $4
    GROUP BY event_intake_change.key_id
) AS fresh ON fresh.key_id = event_key.key_id
WHERE ($1::text IS NULL OR event_key.client_id = (SELECT client_id FROM event_client WHERE name = $1))
    AND ($2::integer IS NULL OR event_key.key_id < $2)
ORDER BY event_key.key_id DESC
LIMIT $3
