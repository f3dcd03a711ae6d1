CREATE OR REPLACE VIEW event_five_minutes
WITH (security_invoker = true) AS
SELECT
    event_client.name AS client,
    event_name.canonical AS event,
    counted.bucket_at,
    sum(counted.events)::bigint AS events
FROM (
    SELECT event_count.name_id, event_count.bucket_at, event_count.events
    FROM event_count
    WHERE NOT event_count.is_hour
    UNION ALL
    SELECT event_count_change.name_id, event_count_change.bucket_at, event_count_change.events
    FROM event_count_change
) AS counted
INNER JOIN event_name ON event_name.name_id = counted.name_id
INNER JOIN event_client ON event_client.client_id = event_name.client_id
GROUP BY event_client.name, event_name.canonical, counted.bucket_at;

COMMENT ON VIEW event_five_minutes IS 'Events by name in spans of five minutes, by the time at which they happened; up to date to the last stored event. Example: SELECT event, sum(events) FROM event_five_minutes WHERE bucket_at > now() - interval ''1 day'' GROUP BY event;';
COMMENT ON COLUMN event_five_minutes.event IS 'Name as readers see it, so renaming corrects the past.';
COMMENT ON COLUMN event_five_minutes.bucket_at IS 'Begin of the span.';
