CREATE OR REPLACE VIEW occupancy
WITH (security_invoker = true) AS
SELECT
    snapshot.showtime_id,
    snapshot.observed_at,
    counted.seats,
    snapshot.available,
    snapshot.sold,
    snapshot.held,
    snapshot.blocked,
    snapshot.broken,
    snapshot.house,
    snapshot.unknown,
    snapshot.unmapped,
    round(snapshot.sold::numeric / counted.seats, 4) AS share_sold,
    snapshot.layout_id,
    snapshot.job_id
FROM seat_snapshot AS snapshot
CROSS JOIN LATERAL (
    SELECT snapshot.available + snapshot.sold + snapshot.held + snapshot.blocked
        + snapshot.broken + snapshot.house + snapshot.unknown + snapshot.unmapped AS seats
) AS counted;

COMMENT ON VIEW occupancy IS 'The occupancy curve of a showtime: a row for each time at which its seats had changed. Name showtimes, by value or by a join. Example: SELECT observed_at, sold, share_sold FROM occupancy WHERE showtime_id = 1 ORDER BY observed_at;';
COMMENT ON COLUMN occupancy.share_sold IS 'Seats sold over all seats, 0 to 1.';
