CREATE OR REPLACE FUNCTION seat_snapshots_between(from_at timestamptz, until_at timestamptz)
RETURNS SETOF seat_snapshot
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        snapshot.showtime_id, snapshot.observed_at, snapshot.job_id, snapshot.layout_id,
        snapshot.available, snapshot.sold, snapshot.held, snapshot.blocked,
        snapshot.broken, snapshot.house, snapshot.unknown, snapshot.unmapped, snapshot.seats, false
    FROM snapshot
    WHERE snapshot.observed_at >= from_at AND snapshot.observed_at < until_at
    UNION ALL
    SELECT sealed.showtime_id, unsealed.*, true
    FROM sealed_showtime AS sealed
    CROSS JOIN LATERAL unseal(sealed.first_observed_at, sealed.snapshot_count, sealed.data) AS unsealed
    WHERE sealed.last_observed_at >= from_at AND sealed.first_observed_at < until_at
        AND unsealed.observed_at >= from_at AND unsealed.observed_at < until_at;
END;

COMMENT ON FUNCTION seat_snapshots_between IS 'The rows of seat_snapshot from one time until before another; reads only the partitions and the sealed rows of that span. Example: SELECT sum(sold) FROM seat_snapshots_between(now() - interval ''1 hour'', now());';
