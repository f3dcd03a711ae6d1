-- Seats and seats sold by weekday and hour of the start, in the local time of the cinema, of the
-- showtimes of film $1 or cinema $2 (one of them is NULL) that started from $3 until before $4.
--
-- At most 20,000 showtimes are read, the last ones: a film of a large chain has more.
SELECT
    fact.weekday::integer AS "weekday!",
    extract(hour FROM fact.starts_local)::integer AS "hour!",
    count(*) AS "showtimes!",
    sum(latest.sold)::bigint AS "sold!",
    sum(latest.seat_count)::bigint AS "seats!"
FROM (
    SELECT showtime.showtime_id
    FROM showtime
    WHERE ($1::integer IS NULL OR showtime.film_id = $1)
        AND ($2::integer IS NULL OR showtime.cinema_id = $2)
        AND showtime.starts_at >= $3
        AND showtime.starts_at < $4
        AND showtime.business_on >= $3::date - 2
    ORDER BY showtime.starts_at DESC
    LIMIT 20000
) AS of_week
INNER JOIN showtime_fact AS fact ON fact.showtime_id = of_week.showtime_id
INNER JOIN showtime_latest AS latest ON latest.showtime_id = of_week.showtime_id
WHERE fact.weekday IS NOT NULL
    AND fact.starts_local IS NOT NULL
    AND latest.sold IS NOT NULL
    AND latest.seat_count > 0
GROUP BY 1, 2
ORDER BY 1, 2
