-- Showtime $1 with its cinema, film and status, its last stored state, and the clock of the database.
SELECT
    showtime.showtime_id,
    showtime.key,
    source.source_id,
    source.name AS source,
    cinema.cinema_id,
    cinema.name AS cinema,
    cinema.city,
    cinema.territory::text AS "territory!",
    cinema.timezone,
    auditorium.name AS "auditorium?",
    film.film_id,
    film.title AS film,
    showtime.starts_at,
    showtime.business_on,
    showtime.discovered_at,
    showtime.discovered_by,
    showtime.changed_by,
    coalesce(latest.seat_count::integer, showtime.seats_total) AS seats,
    latest.sold::integer AS sold,
    latest.job_id AS "job_id?",
    latest.observed_at AS "observed_at?",
    showtime.sold_out,
    status.status AS "status!",
    now() AS "now!"
FROM showtime
INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
INNER JOIN source ON source.source_id = cinema.source_id
INNER JOIN film ON film.film_id = showtime.film_id
INNER JOIN showtime_status AS status ON status.showtime_id = showtime.showtime_id
LEFT JOIN auditorium ON auditorium.auditorium_id = showtime.auditorium_id
LEFT JOIN showtime_latest AS latest ON latest.showtime_id = showtime.showtime_id
WHERE showtime.showtime_id = $1
