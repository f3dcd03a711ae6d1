CREATE OR REPLACE VIEW forecast_work_day WITH (security_invoker = true) AS
SELECT DISTINCT ON (forecast.work_id, forecast.territory, forecast.target_on)
    forecast.work_id,
    forecast.territory,
    forecast.target_on AS business_on,
    run.origin,
    forecast.days,
    forecast.sold,
    forecast.level AS listed,
    forecast.unlisted,
    forecast.quantiles[4] AS median,
    forecast.quantiles[2] AS low_80,
    forecast.quantiles[6] AS high_80,
    forecast.quantiles[1] AS low_95,
    forecast.quantiles[7] AS high_95,
    forecast.baselines,
    run.model,
    forecast.quantiles
FROM forecast
INNER JOIN forecast_run AS run ON run.forecast_run_id = forecast.forecast_run_id
WHERE forecast.showtime_id IS NULL AND forecast.target = 'work_day'
ORDER BY forecast.work_id, forecast.territory, forecast.target_on, run.origin DESC;

COMMENT ON VIEW forecast_work_day IS 'The newest forecast of the admissions of each work by territory and business day, over all sources. Name a work. Example: SELECT business_on, median, low_80, high_80 FROM forecast_work_day WHERE work_id = 4711 AND territory = ''GB'' AND business_on >= current_date ORDER BY business_on;';
COMMENT ON COLUMN forecast_work_day.origin IS 'When it was forecast: nothing that was stored later was read.';
COMMENT ON COLUMN forecast_work_day.days IS 'Days from the origin to the business day.';
COMMENT ON COLUMN forecast_work_day.sold IS 'Seats sold for the day at the origin.';
COMMENT ON COLUMN forecast_work_day.listed IS 'Expected of showtimes that were listed at the origin, before the correction by the sales of the day.';
COMMENT ON COLUMN forecast_work_day.unlisted IS 'Expected of showtimes that were not listed yet.';
COMMENT ON COLUMN forecast_work_day.median IS 'The median of the total: as likely too high as too low.';
COMMENT ON COLUMN forecast_work_day.low_80 IS 'Low end of the interval that covers 80 %.';
COMMENT ON COLUMN forecast_work_day.high_80 IS 'Its high end.';
COMMENT ON COLUMN forecast_work_day.low_95 IS 'Low end of the interval that covers 95 %.';
COMMENT ON COLUMN forecast_work_day.high_95 IS 'Its high end.';
COMMENT ON COLUMN forecast_work_day.baselines IS 'What simple methods said: last week × decay, level × curve, additive pickup, multiplicative pickup.';
COMMENT ON COLUMN forecast_work_day.quantiles IS 'Not exceeded with probability 0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975.';
