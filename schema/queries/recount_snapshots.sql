-- Counts the seats of the snapshots of showtimes $2 of source $1 by what their codes mean now.
--
-- What is right already is not written.
UPDATE snapshot
SET available = recounted.counts[1],
    sold = recounted.counts[2],
    held = recounted.counts[3],
    blocked = recounted.counts[4],
    broken = recounted.counts[5],
    house = recounted.counts[6],
    unknown = recounted.counts[7],
    unmapped = recounted.counts[8]
FROM (
    SELECT stored.showtime_id, stored.observed_at, count_seats($1, stored.seats, layout.seat_count) AS counts
    FROM snapshot AS stored
    INNER JOIN layout ON layout.layout_id = stored.layout_id
    WHERE stored.showtime_id = ANY ($2)
) AS recounted
WHERE snapshot.showtime_id = recounted.showtime_id
    AND snapshot.observed_at = recounted.observed_at
    AND recounted.counts <> ARRAY[
        snapshot.available, snapshot.sold, snapshot.held, snapshot.blocked,
        snapshot.broken, snapshot.house, snapshot.unknown, snapshot.unmapped]
