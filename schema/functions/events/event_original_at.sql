CREATE OR REPLACE FUNCTION event_original_at(clocks bytea)
RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN event_sent_at(substr(clocks, 9, 8));

COMMENT ON FUNCTION event_original_at IS 'When the client says that it happened, in event.clocks, where that was corrected; else NULL. Example: SELECT event_original_at(clocks) FROM event LIMIT 10;';
