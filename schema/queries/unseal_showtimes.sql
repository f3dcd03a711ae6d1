-- Puts the snapshots of the sealed showtimes $1 back, as they were; gives those that were sealed.
WITH opened AS (
    DELETE FROM sealed_showtime
    WHERE showtime_id = ANY ($1)
    RETURNING first_observed_at, looked_before_at, looked_after_at, showtime_id, snapshot_count, data
),
put_back AS (
    INSERT INTO snapshot (
        observed_at, job_id, showtime_id, layout_id,
        available, sold, held, blocked, broken, house, unknown, unmapped, seats)
    SELECT
        unsealed.observed_at, unsealed.job_id, opened.showtime_id, unsealed.layout_id,
        unsealed.available, unsealed.sold, unsealed.held, unsealed.blocked,
        unsealed.broken, unsealed.house, unsealed.unknown, unsealed.unmapped, unsealed.seats
    FROM opened
    CROSS JOIN LATERAL unseal(opened.first_observed_at, opened.snapshot_count, opened.data) AS unsealed
)
SELECT showtime_id, looked_before_at, looked_after_at, snapshot_count
FROM opened
