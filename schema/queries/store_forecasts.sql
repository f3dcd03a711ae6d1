-- Stores forecasts of the run $1; $2 to $18 have an entry for each: target, business day, showtime,
-- work, territory, sold, days, phase, lead in hours, level, presale, unlisted, floor, mean,
-- variance, cap, and seven quantiles and four baselines as text of an array each.
INSERT INTO forecast (
    forecast_run_id, target, target_on, showtime_id, work_id, territory, sold, days, phase, lead_hours, level,
    presale, unlisted, floor, mean, variance, cap, quantiles, baselines)
SELECT
    $1, target, target_on, showtime_id, work_id, territory, sold, days, phase, lead_hours, level,
    presale, unlisted, floor, mean, variance, cap, quantiles::real[], baselines::real[]
FROM unnest(
    $2::text[], $3::date[], $4::integer[], $5::integer[], $6::text[], $7::integer[], $8::smallint[], $9::smallint[],
    $10::real[], $11::real[], $12::real[], $13::real[], $14::real[], $15::real[], $16::real[], $17::real[],
    $18::text[], $19::text[])
    AS wanted (
        target, target_on, showtime_id, work_id, territory, sold, days, phase, lead_hours, level,
        presale, unlisted, floor, mean, variance, cap, quantiles, baselines)
