-- Stores scores of the forecasts $1: $2 since when what came was known, $3 what came, $4 rank,
-- $5 pinball loss, $6 CRPS.
INSERT INTO forecast_score (forecast_id, known_at, admissions, rank, pinball, crps)
SELECT forecast_id, known_at, admissions, rank, pinball, crps
FROM unnest($1::bigint[], $2::timestamptz[], $3::integer[], $4::real[], $5::real[], $6::real[])
    AS wanted (forecast_id, known_at, admissions, rank, pinball, crps)
ON CONFLICT (forecast_id) DO NOTHING
