-- Settles the admissions of up to $3 showtimes that started from $1 and before $2, the oldest first;
-- gives how many rows it stored.
--
-- A showtime that was never seen gets a row as well, or it would be looked at again each time. A
-- change later than an hour after the start is not taken: sources clear their seats then.
WITH due AS MATERIALIZED (
    SELECT showtime.showtime_id, showtime.starts_at
    FROM showtime
    WHERE showtime.starts_at >= $1
        AND showtime.starts_at < $2
        AND NOT EXISTS (SELECT FROM showtime_outcome AS known WHERE known.showtime_id = showtime.showtime_id)
    ORDER BY showtime.starts_at
    LIMIT $3
)
INSERT INTO showtime_outcome (known_at, showtime_id, admissions)
SELECT
    greatest(due.starts_at + interval '1 hour', shown.observed_at),
    due.showtime_id,
    shown.sold
FROM due
LEFT JOIN LATERAL (
    SELECT state.observed_at, state.sold
    FROM seat_snapshot AS state
    WHERE state.showtime_id = due.showtime_id AND state.observed_at <= due.starts_at + interval '1 hour'
    ORDER BY
        state.observed_at > due.starts_at DESC,
        CASE WHEN state.observed_at > due.starts_at THEN state.observed_at END,
        state.observed_at DESC
    LIMIT 1
) AS shown ON true
ON CONFLICT (showtime_id) DO NOTHING
