CREATE OR REPLACE FUNCTION pack_clocks(sent_at timestamptz, original_at timestamptz)
RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN original_at IS NOT NULL
        THEN timestamptz_send(coalesce(sent_at, '-infinity')) || timestamptz_send(original_at)
    WHEN sent_at IS NOT NULL THEN timestamptz_send(sent_at)
    ELSE ''
END;

COMMENT ON FUNCTION pack_clocks IS 'What event.clocks holds: nothing, the time of sending, or that and the time before its correction; each in eight bytes as the server sends a timestamptz in binary, -infinity for a time of sending that the client does not say. Example: SELECT event_sent_at(pack_clocks(now(), NULL));';
