-- Exact for times that are less than 2,000 years apart; receivers take those of the years 2000 to 3000.

CREATE OR REPLACE FUNCTION split_time(at timestamptz, base_at timestamptz)
RETURNS TABLE (high smallint, middle smallint, low smallint, rest smallint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
    SELECT
        (parts.milliseconds >> 32)::smallint,
        ((parts.milliseconds >> 16 & 65535) - 32768)::smallint,
        ((parts.milliseconds & 65535) - 32768)::smallint,
        parts.rest::smallint
    FROM (
        SELECT
            -- Divided down, so that the rest is never negative.
            coalesce((whole.microseconds - (whole.microseconds % 1000 + 1000) % 1000) / 1000, 0) AS milliseconds,
            coalesce((whole.microseconds % 1000 + 1000) % 1000, -1) AS rest
        FROM (SELECT (extract(epoch FROM split_time.at - split_time.base_at) * 1000000)::bigint AS microseconds) AS whole
    ) AS parts;
END;

COMMENT ON FUNCTION split_time IS 'A time as four small numbers, as in event_block.numbers. Example: SELECT * FROM split_time(now(), now() - interval ''1 hour'');';
