-- The snapshots of showtimes $1 from $2 until before $3: live ones as they are, sealed ones packed,
-- whole showtimes with the time of their first snapshot; these have a snapshot_count.
--
-- One statement, so that a showtime that is sealed meanwhile is read once, in one form or the other.
SELECT showtime_id, observed_at, job_id, layout_id, NULL::smallint AS snapshot_count, seats AS data
FROM snapshot
WHERE showtime_id = ANY ($1) AND observed_at >= $2 AND observed_at < $3
UNION ALL
SELECT showtime_id, first_observed_at, NULL, NULL, snapshot_count, data
FROM sealed_showtime
WHERE showtime_id = ANY ($1) AND last_observed_at >= $2 AND first_observed_at < $3
