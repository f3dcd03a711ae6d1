-- Reads forecasts of works by territory and day, for business days from $1 to $2, and of openings
-- whose first seven days lie in them, that have no score yet, with the admissions of all showtimes
-- whose seats were seen; $3 at most.
SELECT
    forecast.forecast_id,
    forecast.floor,
    forecast.mean,
    forecast.variance,
    forecast.cap,
    forecast.quantiles,
    total.admissions::integer AS "admissions!",
    total.known_at AS "known_at!"
FROM forecast
CROSS JOIN LATERAL (
    SELECT sum(outcome.admissions) AS admissions, max(outcome.known_at) AS known_at
    FROM film_work
    INNER JOIN showtime ON showtime.film_id = film_work.film_id
    INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
    INNER JOIN showtime_outcome AS outcome ON outcome.showtime_id = showtime.showtime_id
    WHERE film_work.work_id = forecast.work_id
        AND cinema.territory = forecast.territory
        AND showtime.starts_at >= forecast.target_on::timestamp - interval '1 day'
        AND showtime.business_on >= forecast.target_on
        AND showtime.business_on < forecast.target_on + CASE forecast.target WHEN 'opening' THEN 7 ELSE 1 END
) AS total
WHERE forecast.target IN ('work_day', 'opening')
    AND forecast.target_on >= $1::date - 7
    AND forecast.target_on + CASE forecast.target WHEN 'opening' THEN 6 ELSE 0 END BETWEEN $1 AND $2
    AND total.admissions IS NOT NULL
    AND NOT EXISTS (SELECT FROM forecast_score AS score WHERE score.forecast_id = forecast.forecast_id)
ORDER BY forecast.forecast_id
LIMIT $3
