-- Compares the sealed showtimes $1 with their snapshots, every column of each and the counters
-- as they are counted now; gives those that differ.
SELECT DISTINCT coalesce(original.showtime_id, unsealed.showtime_id) AS "showtime_id!"
FROM (
    SELECT
        showtime_id, observed_at, job_id, layout_id,
        available, sold, held, blocked, broken, house, unknown, unmapped, seats
    FROM snapshot
    WHERE showtime_id = ANY ($1)
) AS original
FULL JOIN (
    SELECT sealed.showtime_id, unsealed.*
    FROM sealed_showtime AS sealed
    CROSS JOIN LATERAL unseal(sealed.first_observed_at, sealed.snapshot_count, sealed.data) AS unsealed
    WHERE sealed.showtime_id = ANY ($1)
) AS unsealed
    ON unsealed.showtime_id = original.showtime_id AND unsealed.observed_at = original.observed_at
WHERE original IS DISTINCT FROM unsealed
