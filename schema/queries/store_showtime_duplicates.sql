-- Stores which showtimes do not count: $1 showtime, $2 the one that counts in its place, $3 reason;
-- the showtimes $4 count again.
WITH gone AS (
    DELETE FROM showtime_duplicate WHERE showtime_id = ANY ($4::integer[])
)
INSERT INTO showtime_duplicate (showtime_id, counted_as, reason)
SELECT showtime_id, counted_as, reason
FROM unnest($1::integer[], $2::integer[], $3::text[]) AS found (showtime_id, counted_as, reason)
ON CONFLICT (showtime_id) DO UPDATE
SET counted_as = excluded.counted_as, reason = excluded.reason, noted_at = now()
