-- Reads forecasts of works by territory and day, for business days from $2 on, that had come out by
-- the origin $1, with what came: one of every $3.
SELECT
    forecast.target_on,
    forecast.days,
    forecast.phase,
    forecast.level + forecast.unlisted AS "expected!",
    coalesce(forecast.sold, 0) AS "sold!",
    score.rank,
    score.admissions,
    score.known_at
FROM forecast
INNER JOIN forecast_score AS score ON score.forecast_id = forecast.forecast_id
INNER JOIN forecast_run AS run ON run.forecast_run_id = forecast.forecast_run_id
WHERE forecast.target = 'work_day'
    AND forecast.target_on >= $2
    AND forecast.forecast_id % $3 = 0
    AND score.known_at <= $1
    AND run.origin < $1
ORDER BY forecast.forecast_id
