CREATE OR REPLACE VIEW forecast_accuracy WITH (security_invoker = true) AS
SELECT
    forecast.target,
    forecast.days,
    CASE
        WHEN forecast.target <> 'showtime' THEN 'all'
        WHEN forecast.floor + forecast.mean < 5 THEN 'below 5'
        WHEN forecast.floor + forecast.mean < 15 THEN '5 to 15'
        WHEN forecast.floor + forecast.mean < 40 THEN '15 to 40'
        ELSE '40 and more'
    END AS size_class,
    forecast.target_on AS business_on,
    count(*) AS forecasts,
    sum(score.admissions) AS admissions,
    sum(abs(forecast.quantiles[4] - score.admissions)) AS absolute_error,
    sum(abs(forecast.baselines[1] - score.admissions)) AS error_last_week,
    sum(abs(forecast.baselines[2] - score.admissions)) AS error_level_curve,
    sum(abs(forecast.baselines[3] - score.admissions)) AS error_additive_pickup,
    sum(abs(forecast.baselines[4] - score.admissions)) AS error_multiplicative_pickup,
    sum(score.pinball::double precision) AS pinball,
    sum(score.crps::double precision) AS crps,
    count(*) FILTER (WHERE score.admissions BETWEEN forecast.quantiles[2] AND forecast.quantiles[6]) AS within_80,
    count(*) FILTER (WHERE score.admissions BETWEEN forecast.quantiles[1] AND forecast.quantiles[7]) AS within_95
FROM forecast_score AS score
INNER JOIN forecast ON forecast.forecast_id = score.forecast_id
GROUP BY forecast.target, forecast.days, size_class, forecast.target_on;

COMMENT ON VIEW forecast_accuracy IS 'How good forecasts were, as sums by target, days ahead, size and business day: divide by admissions for WAPE, by forecasts for the rest. Example: SELECT days, round((sum(absolute_error) / nullif(sum(admissions), 0))::numeric, 3) AS wape, round(sum(within_80) / sum(forecasts), 3) AS coverage_80 FROM forecast_accuracy WHERE target = ''showtime'' AND business_on >= current_date - 28 GROUP BY days ORDER BY days;';
COMMENT ON COLUMN forecast_accuracy.target IS 'showtime; work_day: a work in a territory on a day; opening: the first seven days of a work.';
COMMENT ON COLUMN forecast_accuracy.days IS 'Days from the origin to the business day.';
COMMENT ON COLUMN forecast_accuracy.size_class IS 'Admissions that were expected, for showtimes.';
COMMENT ON COLUMN forecast_accuracy.admissions IS 'What came.';
COMMENT ON COLUMN forecast_accuracy.absolute_error IS 'Sum of the distances of the median from what came.';
COMMENT ON COLUMN forecast_accuracy.error_last_week IS 'The same of the baseline last week × decay.';
COMMENT ON COLUMN forecast_accuracy.error_level_curve IS 'The same of the baseline level × curve.';
COMMENT ON COLUMN forecast_accuracy.error_additive_pickup IS 'The same of the baseline additive pickup.';
COMMENT ON COLUMN forecast_accuracy.error_multiplicative_pickup IS 'The same of the baseline multiplicative pickup.';
COMMENT ON COLUMN forecast_accuracy.pinball IS 'Sum of the pinball losses.';
COMMENT ON COLUMN forecast_accuracy.crps IS 'Sum of the continuous ranked probability scores.';
COMMENT ON COLUMN forecast_accuracy.within_80 IS 'How many came within the interval of 80 %.';
COMMENT ON COLUMN forecast_accuracy.within_95 IS 'How many came within the interval of 95 %.';
