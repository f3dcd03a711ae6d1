CREATE OR REPLACE VIEW forecast_opening WITH (security_invoker = true) AS
SELECT DISTINCT ON (asked.work_id, asked.territory)
    asked.work_id,
    asked.territory,
    asked.target_on AS released_on,
    run.origin,
    asked.days,
    asked.sold,
    asked.quantiles[4] AS median,
    asked.quantiles[2] AS low_80,
    asked.quantiles[6] AS high_80,
    asked.quantiles[1] AS low_95,
    asked.quantiles[7] AS high_95,
    asked.refusal,
    run.model
FROM (
    SELECT
        forecast.forecast_run_id, forecast.work_id, forecast.territory, forecast.target_on, forecast.days,
        forecast.sold, forecast.quantiles, NULL::text AS refusal
    FROM forecast
    WHERE forecast.showtime_id IS NULL AND forecast.target = 'opening'
    UNION ALL
    SELECT
        refused.forecast_run_id, refused.work_id, refused.territory, NULL, NULL,
        NULL, NULL, refused.reason
    FROM forecast_refusal AS refused
    WHERE refused.target = 'opening'
) AS asked
INNER JOIN forecast_run AS run ON run.forecast_run_id = asked.forecast_run_id
ORDER BY asked.work_id, asked.territory, run.origin DESC;

COMMENT ON VIEW forecast_opening IS 'The newest forecast of the first seven days of each work in a territory before its release, by comparable works, or why there is none. Example: SELECT work_id, territory, sold, median, low_80, high_80, refusal FROM forecast_opening ORDER BY origin DESC, median DESC NULLS LAST;';
COMMENT ON COLUMN forecast_opening.released_on IS 'First day; NULL where it was refused.';
COMMENT ON COLUMN forecast_opening.origin IS 'When it was forecast: nothing that was stored later was read.';
COMMENT ON COLUMN forecast_opening.days IS 'Days from the origin to the release.';
COMMENT ON COLUMN forecast_opening.sold IS 'Seats sold for the first seven days at the origin.';
COMMENT ON COLUMN forecast_opening.median IS 'The median of the admissions of the first seven days.';
COMMENT ON COLUMN forecast_opening.low_80 IS 'Low end of the interval that covers 80 %.';
COMMENT ON COLUMN forecast_opening.high_80 IS 'Its high end.';
COMMENT ON COLUMN forecast_opening.low_95 IS 'Low end of the interval that covers 95 %.';
COMMENT ON COLUMN forecast_opening.high_95 IS 'Its high end.';
COMMENT ON COLUMN forecast_opening.refusal IS 'Why it was not forecast.';
