-- A text, which each view casts: the body is read where it is used, and no path leads to the type there.
CREATE OR REPLACE FUNCTION certainty_of(before_at timestamptz, starts_at timestamptz, after_at timestamptz)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN before_at IS NULL AND after_at IS NULL THEN 'none'
        WHEN after_at IS NULL THEN 'before_only'
        WHEN before_at IS NULL THEN 'after_only'
        WHEN starts_at - before_at <= interval '15 minutes' AND after_at - starts_at <= interval '15 minutes'
            THEN 'exact'
        ELSE 'wide'
    END
$$;

COMMENT ON FUNCTION certainty_of IS 'How certain the admissions of a showtime are that starts at starts_at, from the times of the last look before the start and the first look after it. Example: SELECT certainty_of(starts_at - interval ''5 minutes'', starts_at, NULL) FROM showtime LIMIT 1;';
