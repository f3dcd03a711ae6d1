-- The stored states of the last $4 showtimes of film $1 or cinema $2 (one of them is NULL) that
-- started from $3 until now: how long before the start each was seen, and how much was sold.
--
-- Few showtimes, because those that are sealed are unpacked to be read.
SELECT
    of_curve.showtime_id,
    extract(epoch FROM of_curve.starts_at - state.observed_at)::float8 AS "seconds_before!",
    state.sold::integer AS "sold!",
    state.seats AS "seats!"
FROM (
    SELECT showtime.showtime_id, showtime.starts_at
    FROM showtime
    WHERE ($1::integer IS NULL OR showtime.film_id = $1)
        AND ($2::integer IS NULL OR showtime.cinema_id = $2)
        AND showtime.starts_at >= $3
        AND showtime.starts_at <= now()
        AND showtime.business_on >= $3::date - 2
    ORDER BY showtime.starts_at DESC
    LIMIT $4
) AS of_curve
CROSS JOIN LATERAL (
    SELECT
        snapshot.observed_at,
        snapshot.sold,
        snapshot.available + snapshot.sold + snapshot.held + snapshot.blocked
            + snapshot.broken + snapshot.house + snapshot.unknown + snapshot.unmapped AS seats
    FROM seat_snapshot AS snapshot
    WHERE snapshot.showtime_id = of_curve.showtime_id
    ORDER BY snapshot.observed_at
    LIMIT 500
) AS state
WHERE state.seats > 0 AND state.observed_at <= of_curve.starts_at
ORDER BY of_curve.showtime_id, state.observed_at
