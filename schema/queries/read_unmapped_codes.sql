-- The codes of source $1. For those that nothing maps: in how many seats and showtimes to come they
-- were seen last, among $2 showtimes that had unmapped seats at that time.
--
-- Only showtimes with unmapped seats are unpacked, so it costs nothing while all codes are mapped.
WITH chosen AS MATERIALIZED (
    SELECT latest.showtime_id, latest.observed_at
    FROM source
    INNER JOIN cinema ON cinema.source_id = source.source_id
    INNER JOIN showtime ON showtime.cinema_id = cinema.cinema_id
        AND showtime.business_on >= current_date - 1
    INNER JOIN showtime_latest AS latest ON latest.showtime_id = showtime.showtime_id
    WHERE source.name = $1 AND showtime.starts_at > now() AND latest.unmapped > 0
    LIMIT $2
),
last AS MATERIALIZED (
    SELECT chosen.showtime_id, layout.seat_count, stored.seats
    FROM chosen
    CROSS JOIN LATERAL (
        SELECT snapshot.layout_id, snapshot.seats
        FROM snapshot
        WHERE snapshot.showtime_id = chosen.showtime_id AND snapshot.observed_at <= chosen.observed_at
        ORDER BY snapshot.observed_at DESC
        LIMIT 1
    ) AS stored
    INNER JOIN layout ON layout.layout_id = stored.layout_id
),
counted AS (
    SELECT
        CASE
            WHEN octet_length(last.seats) = last.seat_count THEN get_byte(last.seats, position)
            ELSE (get_byte(last.seats, position / 2) >> (4 * (position % 2))) & 15
        END AS code_index,
        count(*) AS seats,
        count(DISTINCT last.showtime_id) AS showtimes
    FROM last
    CROSS JOIN LATERAL generate_series(0, last.seat_count - 1) AS position
    GROUP BY 1
)
SELECT
    seat_code.code,
    seat_code.status::text AS status,
    seat_code.discovered_by,
    CASE WHEN seat_code.status IS NULL THEN coalesce(counted.seats, 0) ELSE 0 END AS "seats!",
    CASE WHEN seat_code.status IS NULL THEN coalesce(counted.showtimes, 0) ELSE 0 END AS "showtimes!"
FROM seat_code
INNER JOIN source ON source.source_id = seat_code.source_id
LEFT JOIN counted ON counted.code_index = seat_code.code_index
WHERE source.name = $1
ORDER BY seat_code.status IS NOT NULL, seat_code.code_index
LIMIT 256
