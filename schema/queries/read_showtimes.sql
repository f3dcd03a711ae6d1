-- The showtimes $1 in their order, each with the names of what it refers to.
SELECT
    showtime.showtime_id,
    showtime.starts_at,
    showtime.business_on,
    source.name AS source,
    source.title AS source_title,
    cinema.territory::text AS "territory!",
    cinema.cinema_id,
    cinema.key AS cinema_key,
    cinema.name AS cinema,
    cinema.city,
    cinema.timezone,
    auditorium.auditorium_id AS "auditorium_id?",
    auditorium.name AS "auditorium?",
    film.film_id,
    film.key AS film_key,
    film.title AS film,
    showtime.seats_total,
    showtime.sold_out,
    showtime.key,
    showtime.discovered_at,
    showtime.discovered_by,
    showtime.changed_by,
    work.work_id AS "work_id?",
    work.title AS "work?"
FROM showtime
INNER JOIN film ON film.film_id = showtime.film_id
INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
INNER JOIN source ON source.source_id = cinema.source_id
LEFT JOIN film_work ON film_work.film_id = film.film_id
LEFT JOIN work ON work.work_id = film_work.work_id
LEFT JOIN auditorium ON auditorium.auditorium_id = showtime.auditorium_id
WHERE showtime.showtime_id = ANY ($1)
ORDER BY showtime.showtime_id
