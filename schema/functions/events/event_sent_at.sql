CREATE OR REPLACE FUNCTION event_sent_at(clocks bytea)
RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
-- In two steps, as a number of microseconds that is multiplied as a float is not exact after 285 years.
RETURN CASE
    WHEN octet_length(clocks) >= 8 AND substr(clocks, 1, 8) <> '\x8000000000000000'
        THEN timestamptz '2000-01-01 00:00:00+00'
            + interval '1 millisecond' * (('x' || encode(substr(clocks, 1, 8), 'hex'))::bit(64)::bigint / 1000)
            + interval '1 microsecond' * (('x' || encode(substr(clocks, 1, 8), 'hex'))::bit(64)::bigint % 1000)
END;

COMMENT ON FUNCTION event_sent_at IS 'The time of sending in event.clocks, or NULL. Example: SELECT event_sent_at(clocks) FROM event LIMIT 10;';
