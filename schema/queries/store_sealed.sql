-- Stores sealed showtimes: $1 showtime, $2 first and $3 last time, $4 number of snapshots, $5 data,
-- $6 the last look before its start and $7 the first after it, as far as the snapshots tell.
--
-- The history of jobs may know looks that are closer to the start, for they saw no change;
-- it is dropped some day, so they are kept here.
INSERT INTO sealed_showtime (
    first_observed_at, last_observed_at, looked_before_at, looked_after_at,
    showtime_id, snapshot_count, data)
SELECT
    packed.first_observed_at,
    packed.last_observed_at,
    greatest(packed.looked_before_at, history.before_at),
    least(packed.looked_after_at, history.after_at),
    packed.showtime_id,
    packed.snapshot_count,
    packed.data
FROM unnest(
    $1::integer[], $2::timestamptz[], $3::timestamptz[], $4::smallint[], $5::bytea[],
    $6::timestamptz[], $7::timestamptz[]
) AS packed (
    showtime_id, first_observed_at, last_observed_at, snapshot_count, data,
    looked_before_at, looked_after_at)
INNER JOIN showtime ON showtime.showtime_id = packed.showtime_id
CROSS JOIN LATERAL nearest_looks(showtime.showtime_id, showtime.starts_at) AS history
