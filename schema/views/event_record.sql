-- Names are joined in each branch: a condition on a name could not be pushed through the union, and
-- every block of the days would be read.

CREATE OR REPLACE VIEW event_record
WITH (security_invoker = true) AS
SELECT
    event_client.name AS client,
    event_name.canonical AS event,
    date_bin(interval '1 day', event.received_at, timestamptz '2000-01-01 00:00:00+00') AS received_day,
    event.occurred_at,
    event.received_at,
    event.user_id,
    event_place.country,
    event_place.region,
    event.flags & 1 <> 0 AS is_bot,
    event.flags & 2 <> 0 AS is_clock_corrected,
    event.flags & 4 <> 0 AS is_from_future,
    event.flags & 8 <> 0 AS is_historical,
    event.flags & 16 <> 0 AS breaks_schema,
    event_sent_at(event.clocks) AS sent_at,
    event_original_at(event.clocks) AS original_at,
    event_message_id(event.message_key, event_client.message_mask) AS message_id,
    event.properties
FROM event
INNER JOIN event_name ON event_name.name_id = event.name_id
INNER JOIN event_client ON event_client.client_id = event_name.client_id
INNER JOIN event_place ON event_place.place_id = event.place_id
UNION ALL
SELECT
    event_client.name,
    event_name.canonical,
    sealed.received_day,
    sealed.occurred_at,
    sealed.received_at,
    sealed.user_id,
    event_place.country,
    event_place.region,
    sealed.flags & 1 <> 0,
    sealed.flags & 2 <> 0,
    sealed.flags & 4 <> 0,
    sealed.flags & 8 <> 0,
    sealed.flags & 16 <> 0,
    sealed.sent_at,
    sealed.original_at,
    NULL,
    sealed.properties
FROM event_sealed AS sealed
INNER JOIN event_name ON event_name.name_id = sealed.name_id
INNER JOIN event_client ON event_client.client_id = event_name.client_id
INNER JOIN event_place ON event_place.place_id = sealed.place_id;

COMMENT ON VIEW event_record IS 'A row for each event; name a span of received_day, the days that are read, and the event. Example: SELECT user_id, occurred_at, properties FROM event_record WHERE client = ''app'' AND event = ''film opened'' AND received_day >= now() - interval ''2 days'';';
COMMENT ON COLUMN event_record.event IS 'Its name; event_name says which received names it stands for.';
COMMENT ON COLUMN event_record.received_day IS 'Begin of the day (UTC) on which it was received. A condition on received_at or occurred_at alone reads all days that are sealed.';
COMMENT ON COLUMN event_record.user_id IS 'A number that stands for the user of the client; who that is stands in no view.';
COMMENT ON COLUMN event_record.is_bot IS 'Whether its sender is a known bot.';
COMMENT ON COLUMN event_record.is_clock_corrected IS 'Whether occurred_at was corrected by the time of sending, because the clock of the sender was off by more than two minutes.';
COMMENT ON COLUMN event_record.is_from_future IS 'Whether it was in the future; occurred_at is then the time of receipt.';
COMMENT ON COLUMN event_record.is_historical IS 'Whether it was sent as historical, so its time was not corrected.';
COMMENT ON COLUMN event_record.breaks_schema IS 'Whether it breaks the schema of the event.';
COMMENT ON COLUMN event_record.message_id IS 'Its message id; NULL for a sealed event, whose id is not kept.';
