-- Snapshots stored after $1 and not after $2, their seat records, and the seats
-- sold and seats in all as the showtimes that have not started stood last.
SELECT
    stored.snapshots AS "snapshots!",
    stored.seat_records AS "seat_records!",
    ahead.showtimes AS "showtimes!",
    ahead.sold AS "sold!",
    ahead.seats AS "seats!"
FROM (
    SELECT
        count(*) AS snapshots,
        coalesce(sum(available + sold + held + blocked + broken + house + unknown + unmapped), 0)::bigint AS seat_records
    FROM snapshot
    WHERE observed_at > $1 AND observed_at <= $2
) AS stored
CROSS JOIN (
    SELECT
        count(*) AS showtimes,
        coalesce(sum(snapshot.sold), 0)::bigint AS sold,
        coalesce(sum(layout.seat_count), 0)::bigint AS seats
    FROM showtime
    INNER JOIN showtime_latest AS latest ON latest.showtime_id = showtime.showtime_id
    INNER JOIN layout ON layout.layout_id = latest.layout_id
    INNER JOIN LATERAL (
        SELECT snapshot.sold
        FROM snapshot
        WHERE snapshot.showtime_id = latest.showtime_id AND snapshot.observed_at <= latest.observed_at
        ORDER BY snapshot.observed_at DESC
        LIMIT 1
    ) AS snapshot ON true
    WHERE showtime.starts_at > now()
) AS ahead
