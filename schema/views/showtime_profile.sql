CREATE OR REPLACE VIEW showtime_profile WITH (security_invoker = true) AS
SELECT
    showtime.showtime_id,
    source.name AS source,
    cinema.cinema_id,
    cinema.name AS cinema,
    cinema.territory,
    auditorium.name AS auditorium,
    film.film_id,
    film.title AS film,
    showtime.starts_at,
    cinema.timezone,
    fact.starts_local,
    showtime.business_on,
    fact.weekday,
    fact.seat_count,
    latest.sold,
    latest.unmapped,
    latest.price_median,
    latest.observed_at,
    latest.job_id,
    nullif(fact.materialized_at, '-infinity') AS materialized_at,
    showtime.sold_out,
    coalesce(named.title, film.title) AS listed_title,
    duplicate.counted_as
FROM showtime
INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
INNER JOIN source ON source.source_id = cinema.source_id
INNER JOIN film ON film.film_id = showtime.film_id
LEFT JOIN film_title AS named ON named.film_title_id = showtime.film_title_id
LEFT JOIN auditorium ON auditorium.auditorium_id = showtime.auditorium_id
LEFT JOIN showtime_fact AS fact ON fact.showtime_id = showtime.showtime_id
LEFT JOIN showtime_latest AS latest ON latest.showtime_id = showtime.showtime_id
LEFT JOIN showtime_duplicate AS duplicate ON duplicate.showtime_id = showtime.showtime_id;

COMMENT ON VIEW showtime_profile IS 'Each showtime: cinema, film and start (also in local time), and its seats and prices as stored last. Example: SELECT cinema, film, starts_local, sold, seat_count FROM showtime_profile WHERE business_on = current_date ORDER BY sold DESC NULLS LAST LIMIT 10;';
COMMENT ON COLUMN showtime_profile.starts_local IS 'Start in the local time of its cinema.';
COMMENT ON COLUMN showtime_profile.weekday IS 'Weekday of its business day: 1 is Monday, 7 is Sunday.';
COMMENT ON COLUMN showtime_profile.sold IS 'Seats sold when it was stored last.';
COMMENT ON COLUMN showtime_profile.price_median IS 'Median amount of its last prices, in major units.';
COMMENT ON COLUMN showtime_profile.observed_at IS 'When seats or prices were stored last.';
COMMENT ON COLUMN showtime_profile.job_id IS 'The job that saw them.';
COMMENT ON COLUMN showtime_profile.sold_out IS 'Whether its listing says that it is sold out; NULL where it does not say.';
COMMENT ON COLUMN showtime_profile.listed_title IS 'The name of the film at the time of the showtime; the column film has its present name.';
COMMENT ON COLUMN showtime_profile.counted_as IS 'The showtime of another source that it is and that counts in its place; NULL if it counts.';
