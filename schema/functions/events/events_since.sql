-- Both branches take names and days as values, which say what blocks of sealed events are read, and only one
-- property of each event, without building all of them.

CREATE OR REPLACE FUNCTION events_since(of_names integer[], from_at timestamptz, of_key text DEFAULT NULL)
RETURNS TABLE (received_at timestamptz, occurred_at timestamptz, user_id integer, name_id integer, place_id smallint, flags smallint, value jsonb)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 100000
BEGIN ATOMIC
    SELECT event.received_at, event.occurred_at, event.user_id, event.name_id, event.place_id, event.flags, event.properties -> events_since.of_key
    FROM event
    WHERE event.name_id = ANY (events_since.of_names) AND event.received_at >= events_since.from_at
    UNION ALL
    SELECT
        sealed.received_at, sealed.occurred_at, sealed.user_id, sealed.name_id, sealed.place_id, sealed.flags,
        event_value(sealed.numbers, sealed.offsets, sealed.keys, sealed.dictionary, sealed.number, events_since.of_key)
    FROM event_sealed AS sealed
    WHERE sealed.name_id = ANY (events_since.of_names)
        -- The day in which from_at lies began less than a day before it.
        AND sealed.received_day > events_since.from_at - interval '24 hours'
        AND sealed.received_at >= events_since.from_at;
END;

COMMENT ON FUNCTION events_since IS 'The events of some names that were received from a time on, live and sealed, with one of their properties. Example: SELECT count(DISTINCT user_id) FROM events_since(''{1,2}'', now() - interval ''30 days'');';
REVOKE EXECUTE ON FUNCTION events_since FROM PUBLIC;
