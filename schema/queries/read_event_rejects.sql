-- At most $3 rejected events of the client $1, or of all without one, the newest first, before the one
-- with the number $2 (NULL for the first page); with $4, only that one. Bodies are cut behind $5 letters.
SELECT
    event_reject.reject_id, event_reject.rejected_at, event_reject.tried_at, event_reject.replayed_at,
    event_reject.replayed_by,
    event_client.name AS client, event_key.key_id, event_key.name AS key, event_reject.event,
    event_reject.schema, event_reject.pointer, event_reject.reason,
    left(event_reject.body, $5::integer) AS "body!",
    length(event_reject.body) > $5 AS "is_cut!"
FROM event_reject
INNER JOIN event_client ON event_client.client_id = event_reject.client_id
INNER JOIN event_key ON event_key.key_id = event_reject.key_id
WHERE ($1::text IS NULL OR event_reject.client_id = (SELECT client_id FROM event_client WHERE name = $1))
    AND ($2::bigint IS NULL OR event_reject.reject_id < $2)
    AND ($4::bigint IS NULL OR event_reject.reject_id = $4)
ORDER BY event_reject.reject_id DESC
LIMIT $3
