-- Finds the names of events of client $1 among $2, and makes those that are missing while the client has
-- fewer than $3. A name that another transaction makes at this moment is not among the rows: ask again.
WITH given AS (
    SELECT DISTINCT received FROM unnest($2::text[]) AS one (received)
),
known AS (
    SELECT event_name.name_id, event_name.received
    FROM given
    INNER JOIN event_name ON event_name.client_id = $1 AND event_name.received = given.received
),
made AS (
    -- In order, so that two of these statements never wait for each other.
    INSERT INTO event_name (client_id, received, canonical)
    SELECT $1, given.received, given.received
    FROM given
    WHERE NOT EXISTS (SELECT FROM known WHERE known.received = given.received)
    ORDER BY given.received
    LIMIT (SELECT greatest(0, $3::bigint - count(*)) FROM event_name WHERE client_id = $1)
    ON CONFLICT (client_id, received) DO NOTHING
    RETURNING name_id, received
)
SELECT name_id AS "name_id!", received AS "received!" FROM known
UNION ALL
SELECT name_id, received FROM made
