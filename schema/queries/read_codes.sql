-- The codes that source $1 has said, and how many seats had each when their showtime was
-- seen last, of showtimes that are still to come.
WITH last AS MATERIALIZED (
    SELECT layout.seat_count, stored.seats
    FROM source
    INNER JOIN cinema ON cinema.source_id = source.source_id
    INNER JOIN showtime ON showtime.cinema_id = cinema.cinema_id
    CROSS JOIN LATERAL (
        SELECT snapshot.layout_id, snapshot.seats
        FROM snapshot
        WHERE snapshot.showtime_id = showtime.showtime_id
        ORDER BY snapshot.observed_at DESC
        LIMIT 1
    ) AS stored
    INNER JOIN layout ON layout.layout_id = stored.layout_id
    WHERE source.name = $1 AND showtime.starts_at > now()
),
counted AS (
    SELECT
        CASE
            WHEN octet_length(last.seats) = last.seat_count THEN get_byte(last.seats, position)
            ELSE (get_byte(last.seats, position / 2) >> (4 * (position % 2))) & 15
        END AS code_index,
        count(*) AS seats
    FROM last
    CROSS JOIN LATERAL generate_series(0, last.seat_count - 1) AS position
    GROUP BY 1
)
SELECT
    seat_code.code,
    seat_code.status AS "status: SeatStatus",
    coalesce(counted.seats, 0) AS "seats!",
    seat_code.discovered_by
FROM seat_code
INNER JOIN source ON source.source_id = seat_code.source_id
LEFT JOIN counted ON counted.code_index = seat_code.code_index
WHERE source.name = $1
ORDER BY seat_code.code_index
