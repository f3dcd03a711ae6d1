-- Locks those of the showtimes $1 that can be sealed: they started $2 seconds ago or more, and so
-- long ago was their last live snapshot.
--
-- A showtime that somebody else seals, or whose listing is being stored, is left for later.
SELECT showtime.showtime_id, showtime.starts_at
FROM showtime
WHERE showtime.showtime_id = ANY ($1)
    AND showtime.starts_at <= now() - make_interval(secs => $2)
    AND EXISTS (SELECT FROM snapshot WHERE snapshot.showtime_id = showtime.showtime_id)
    AND NOT EXISTS (
        SELECT
        FROM snapshot AS late
        WHERE late.showtime_id = showtime.showtime_id
            AND late.observed_at > now() - make_interval(secs => $2)
    )
FOR NO KEY UPDATE SKIP LOCKED
