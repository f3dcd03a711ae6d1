-- The names of events that were received from $1 until before $2, by client and name as readers see it.
SELECT event_name.name_id, event_client.name AS client, event_name.canonical AS event
FROM event_name
INNER JOIN event_client ON event_client.client_id = event_name.client_id
WHERE event_name.name_id IN (
    SELECT name_id FROM event WHERE received_at >= $1 AND received_at < $2
    UNION
    SELECT name_id FROM event_block WHERE received_day > $1::timestamptz - interval '24 hours' AND received_day < $2
)
ORDER BY event_client.name, event_name.canonical, event_name.name_id
