-- Deletes up to $2 forecasts of runs whose origin is before $1, with their scores; gives how many.
DELETE FROM forecast
WHERE forecast_id IN (
    SELECT forecast.forecast_id
    FROM forecast
    INNER JOIN forecast_run AS run ON run.forecast_run_id = forecast.forecast_run_id
    WHERE run.origin < $1
    LIMIT $2)
