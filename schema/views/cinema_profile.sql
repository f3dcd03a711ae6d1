CREATE OR REPLACE VIEW cinema_profile WITH (security_invoker = true) AS
SELECT
    cinema.cinema_id,
    source.name AS source,
    cinema.key,
    cinema.name,
    cinema.city,
    cinema.territory,
    cinema.timezone,
    fact.utc_offset_minutes,
    cinema.latitude,
    cinema.longitude,
    fact.auditorium_count,
    fact.seat_count,
    nearest.cinema_id AS nearest_cinema_id,
    nearest.name AS nearest_cinema,
    CASE WHEN nearest.cinema_id IS NOT NULL THEN fact.nearest_km END AS nearest_km,
    nullif(fact.materialized_at, '-infinity') AS materialized_at
FROM cinema
INNER JOIN source ON source.source_id = cinema.source_id
LEFT JOIN cinema_fact AS fact ON fact.cinema_id = cinema.cinema_id
LEFT JOIN cinema AS nearest ON nearest.cinema_id = fact.nearest_cinema_id;

COMMENT ON VIEW cinema_profile IS 'Each cinema: where it is, how large, and which cinema of another source is nearest. Example: SELECT name, nearest_cinema, round(nearest_km::numeric, 1) AS km FROM cinema_profile WHERE territory = ''GB'' ORDER BY nearest_km LIMIT 10;';
COMMENT ON COLUMN cinema_profile.nearest_cinema_id IS 'The nearest cinema of another source; for a partner, NULL if it may not see that cinema.';
COMMENT ON COLUMN cinema_profile.materialized_at IS 'When the computed columns were computed; NULL if they are not yet, or could not be.';
