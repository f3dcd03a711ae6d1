-- Deletes up to $2 forecasts of runs whose origin is before $1, with their scores, all refusals of
-- these runs, and presales of works released before $3; gives how many forecasts.
WITH old_run AS (
    SELECT forecast_run_id
    FROM forecast_run
    WHERE origin < $1
),
refusal AS (
    DELETE FROM forecast_refusal
    WHERE forecast_run_id IN (SELECT forecast_run_id FROM old_run)
),
presale AS (
    DELETE FROM work_presale
    WHERE released_on < $3
)
DELETE FROM forecast
WHERE forecast_id IN (
    SELECT forecast.forecast_id
    FROM forecast
    INNER JOIN old_run ON old_run.forecast_run_id = forecast.forecast_run_id
    LIMIT $2)
