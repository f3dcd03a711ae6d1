-- Reads up to $2 forecasts of showtimes for business days from $1 on whose admissions are known and
-- that have no score yet.
SELECT
    forecast.forecast_id,
    forecast.floor,
    forecast.mean,
    forecast.variance,
    forecast.cap,
    forecast.quantiles,
    outcome.admissions::integer AS "admissions!",
    outcome.known_at
FROM forecast
INNER JOIN showtime_outcome AS outcome ON outcome.showtime_id = forecast.showtime_id
WHERE forecast.target = 'showtime'
    AND forecast.target_on >= $1
    AND outcome.admissions IS NOT NULL
    AND NOT EXISTS (SELECT FROM forecast_score AS score WHERE score.forecast_id = forecast.forecast_id)
ORDER BY forecast.forecast_id
LIMIT $2
