-- At most $4 names of events of the client $1, or of all without one, by client and received name, behind
-- the received name $3 of the client with the number $2 (NULL for the first page).
SELECT
    event_name.client_id, event_client.name AS client, event_name.received, event_name.canonical,
    event_name.first_at
FROM event_name
INNER JOIN event_client ON event_client.client_id = event_name.client_id
WHERE ($1::text IS NULL OR event_name.client_id = (SELECT client_id FROM event_client WHERE name = $1))
    AND ($2::smallint IS NULL OR (event_name.client_id, event_name.received) > ($2, $3::text))
ORDER BY event_name.client_id, event_name.received
LIMIT $4
