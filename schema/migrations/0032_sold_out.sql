-- Listings that say that a showtime is sold out.

ALTER TABLE showtime ADD COLUMN sold_out boolean;
COMMENT ON COLUMN showtime.sold_out IS 'Whether the listing says that it is sold out; NULL where it does not say.';

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
    showtime.sold_out
FROM showtime
INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
INNER JOIN source ON source.source_id = cinema.source_id
INNER JOIN film ON film.film_id = showtime.film_id
LEFT JOIN auditorium ON auditorium.auditorium_id = showtime.auditorium_id
LEFT JOIN showtime_fact AS fact ON fact.showtime_id = showtime.showtime_id
LEFT JOIN showtime_latest AS latest ON latest.showtime_id = showtime.showtime_id;
COMMENT ON COLUMN showtime_profile.sold_out IS 'Whether its listing says that it is sold out; NULL where it does not say.';
