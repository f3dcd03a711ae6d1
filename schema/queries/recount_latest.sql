-- Takes what is known of showtimes $1 from their last snapshots, after these were counted again;
-- those that are sealed count what their codes mean now.
UPDATE showtime_latest AS latest
SET sold = last.sold,
    unmapped = last.unmapped
FROM (
    SELECT DISTINCT ON (showtime_id) showtime_id, sold, unmapped
    FROM seat_snapshot
    WHERE showtime_id = ANY ($1)
    ORDER BY showtime_id, observed_at DESC
) AS last
WHERE latest.showtime_id = last.showtime_id
    AND (latest.sold, latest.unmapped) IS DISTINCT FROM (last.sold, last.unmapped)
