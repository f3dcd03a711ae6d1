-- Starts at `showtime` and takes the live and the sealed rows of each by key, in a lateral union. A
-- plain union plans badly: a join cannot be pushed into the branch that unseals, so everything that
-- was ever sealed would be unpacked to find one film (tests/it/plans.rs). The price: a condition on
-- time alone prunes nothing; for that there is seat_snapshots_between.
CREATE OR REPLACE VIEW seat_snapshot
WITH (security_invoker = true) AS
SELECT
    showtime.showtime_id,
    stored.observed_at,
    stored.job_id,
    stored.layout_id,
    stored.available,
    stored.sold,
    stored.held,
    stored.blocked,
    stored.broken,
    stored.house,
    stored.unknown,
    stored.unmapped,
    stored.seats,
    stored.is_sealed
FROM showtime
CROSS JOIN LATERAL (
    SELECT
        snapshot.observed_at,
        snapshot.job_id,
        snapshot.layout_id,
        snapshot.available,
        snapshot.sold,
        snapshot.held,
        snapshot.blocked,
        snapshot.broken,
        snapshot.house,
        snapshot.unknown,
        snapshot.unmapped,
        snapshot.seats,
        false AS is_sealed
    FROM snapshot
    WHERE snapshot.showtime_id = showtime.showtime_id
    UNION ALL
    SELECT
        unsealed.observed_at,
        unsealed.job_id,
        unsealed.layout_id,
        unsealed.available,
        unsealed.sold,
        unsealed.held,
        unsealed.blocked,
        unsealed.broken,
        unsealed.house,
        unsealed.unknown,
        unsealed.unmapped,
        unsealed.seats,
        true
    FROM sealed_showtime AS sealed
    CROSS JOIN LATERAL unseal(sealed.first_observed_at, sealed.snapshot_count, sealed.data) AS unsealed
    WHERE sealed.showtime_id = showtime.showtime_id
) AS stored;

COMMENT ON VIEW seat_snapshot IS 'A row per snapshot, live or sealed: counters, and the packed seats. Name showtimes, by value or by a join; for a span of time, use seat_snapshots_between. Example: SELECT observed_at, sold FROM seat_snapshot WHERE showtime_id = 1 ORDER BY observed_at;';
COMMENT ON COLUMN seat_snapshot.seats IS 'As in snapshot.seats; code_at reads one seat.';
COMMENT ON COLUMN seat_snapshot.is_sealed IS 'Whether it was read from sealed_showtime.';
