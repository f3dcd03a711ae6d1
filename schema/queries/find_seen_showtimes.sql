-- The showtimes with snapshots from $1 until before $2, live or sealed, in their order; only
-- among $3, if that is given.
--
-- Read from the partitions and, by a BRIN index, the sealed rows of that time.
SELECT showtime_id AS "showtime_id!"
FROM snapshot
WHERE observed_at >= $1 AND observed_at < $2 AND ($3::integer[] IS NULL OR showtime_id = ANY ($3))
UNION
SELECT showtime_id
FROM sealed_showtime
WHERE last_observed_at >= $1 AND first_observed_at < $2
    AND ($3::integer[] IS NULL OR showtime_id = ANY ($3))
ORDER BY 1
