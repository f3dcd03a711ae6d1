-- At most $7 versions of schemas of the client $1, or of all without one, by client, event and version,
-- behind the version $4-$5-$6 of the event $3 of the client with the number $2 (NULL for the first page).
SELECT
    event_schema.client_id, event_client.name AS client, event_schema.event, event_schema.model,
    event_schema.revision, event_schema.addition, event_schema.created_at, event_schema.document
FROM event_schema
INNER JOIN event_client ON event_client.client_id = event_schema.client_id
WHERE ($1::text IS NULL OR event_schema.client_id = (SELECT client_id FROM event_client WHERE name = $1))
    AND (
        $2::smallint IS NULL
        OR (event_schema.client_id, event_schema.event, event_schema.model, event_schema.revision, event_schema.addition)
            > ($2, $3::text, $4::smallint, $5::smallint, $6::smallint))
ORDER BY event_schema.client_id, event_schema.event, event_schema.model, event_schema.revision, event_schema.addition
LIMIT $7
