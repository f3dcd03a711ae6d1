-- Locks up to $4 showtimes after $1 whose snapshots can be sealed: they started $2 seconds ago
-- or more, and so long ago was their last snapshot. $3 names the only ones that may be; NULL
-- for all.
--
-- Live snapshots are read in the order of their key until there are enough showtimes. A
-- showtime that somebody else seals, or whose listing is being stored, is left for later.
SELECT showtime_id, starts_at
FROM showtime
WHERE showtime_id = ANY (ARRAY(
    SELECT DISTINCT snapshot.showtime_id
    FROM snapshot
    INNER JOIN showtime AS over ON over.showtime_id = snapshot.showtime_id
    WHERE snapshot.showtime_id > $1
        AND ($3::integer[] IS NULL OR snapshot.showtime_id = ANY ($3))
        AND over.starts_at <= now() - make_interval(secs => $2)
        AND NOT EXISTS (
            SELECT
            FROM snapshot AS late
            WHERE late.showtime_id = over.showtime_id
                AND late.observed_at > now() - make_interval(secs => $2)
        )
    ORDER BY snapshot.showtime_id
    LIMIT $4
))
ORDER BY showtime_id
FOR NO KEY UPDATE SKIP LOCKED
