-- The next $2 showtimes after $1 that have live snapshots.
--
-- Read from the keys of the live snapshots, in their order and no further than asked for: of
-- the showtimes, nearly all are sealed already, and there are ever more of them.
SELECT DISTINCT showtime_id
FROM snapshot
WHERE showtime_id > $1
ORDER BY showtime_id
LIMIT $2
