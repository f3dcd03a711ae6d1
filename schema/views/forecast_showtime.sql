CREATE OR REPLACE VIEW forecast_showtime WITH (security_invoker = true) AS
SELECT
    showtime.showtime_id,
    showtime.business_on,
    showtime.starts_at,
    showtime.film_id,
    showtime.cinema_id,
    newest.work_id,
    newest.territory,
    newest.origin,
    newest.days,
    newest.sold,
    newest.quantiles[4] AS median,
    newest.quantiles[2] AS low_80,
    newest.quantiles[6] AS high_80,
    newest.quantiles[1] AS low_95,
    newest.quantiles[7] AS high_95,
    newest.baselines,
    newest.model
FROM showtime
CROSS JOIN LATERAL (
    SELECT
        forecast.work_id, forecast.territory, forecast.days, forecast.sold, forecast.quantiles, forecast.baselines,
        run.origin, run.model
    FROM forecast
    INNER JOIN forecast_run AS run ON run.forecast_run_id = forecast.forecast_run_id
    WHERE forecast.showtime_id = showtime.showtime_id
    ORDER BY run.origin DESC
    LIMIT 1
) AS newest;

COMMENT ON VIEW forecast_showtime IS 'The newest forecast of the admissions of each showtime. Name showtimes, by value or by a join. Example: SELECT showtime_id, sold, median, low_80, high_80 FROM forecast_showtime WHERE cinema_id = 1 AND business_on = current_date + 1;';
COMMENT ON COLUMN forecast_showtime.origin IS 'When it was forecast: nothing that was stored later was read.';
COMMENT ON COLUMN forecast_showtime.days IS 'Days from the origin to the business day.';
COMMENT ON COLUMN forecast_showtime.sold IS 'Seats sold at the origin; NULL if no snapshot was known.';
COMMENT ON COLUMN forecast_showtime.median IS 'The median: as likely too high as too low.';
COMMENT ON COLUMN forecast_showtime.low_80 IS 'Low end of the interval that covers 80 %.';
COMMENT ON COLUMN forecast_showtime.high_80 IS 'Its high end.';
COMMENT ON COLUMN forecast_showtime.low_95 IS 'Low end of the interval that covers 95 %.';
COMMENT ON COLUMN forecast_showtime.high_95 IS 'Its high end.';
COMMENT ON COLUMN forecast_showtime.baselines IS 'What simple methods said: last week × decay, level × curve, additive pickup, multiplicative pickup.';
