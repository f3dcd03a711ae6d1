-- The last $2 stored states of the seats of showtime $1, the newest first.
SELECT
    observed_at AS "observed_at!",
    job_id AS "job_id!",
    layout_id AS "layout_id!",
    available::integer AS "available!",
    sold::integer AS "sold!",
    held::integer AS "held!",
    (blocked + broken + house + unknown + unmapped)::integer AS "other!",
    seats AS "packed!"
FROM seat_snapshot
WHERE showtime_id = $1
ORDER BY observed_at DESC
LIMIT $2
