-- Reads WAPE of forecasts and of baselines, and coverage, for business days from $1 on, by target
-- and days ahead.
SELECT
    target AS "target!",
    days AS "days!",
    sum(forecasts)::bigint AS "forecasts!",
    (sum(absolute_error) / nullif(sum(admissions), 0))::float8 AS wape,
    (sum(error_last_week) / nullif(sum(admissions), 0))::float8 AS last_week,
    (sum(error_level_curve) / nullif(sum(admissions), 0))::float8 AS level_curve,
    (sum(error_additive_pickup) / nullif(sum(admissions), 0))::float8 AS additive_pickup,
    (sum(error_multiplicative_pickup) / nullif(sum(admissions), 0))::float8 AS multiplicative_pickup,
    (sum(within_80) / sum(forecasts))::float8 AS "coverage_80!",
    (sum(within_95) / sum(forecasts))::float8 AS "coverage_95!"
FROM forecast_accuracy
WHERE business_on >= $1
GROUP BY target, days
ORDER BY target DESC, days
