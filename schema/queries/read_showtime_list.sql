-- A page of at most $11 showtimes in the order of their start, behind the row ($9, $10): those that
-- start from $1 until before $2, of source $3, cinema $4, film $5, business day $6, with $7 in the
-- title of the film or in a title of its work, and $8 in the name of the cinema; each filter is NULL for all.
--
-- The bounds of time are always there, so a filter that nothing meets ends with their rows.
SELECT
    showtime.showtime_id,
    source.name AS source,
    cinema.cinema_id,
    cinema.name AS cinema,
    cinema.territory::text AS "territory!",
    cinema.timezone,
    auditorium.name AS "auditorium?",
    film.film_id,
    film.title AS film,
    showtime.starts_at,
    showtime.business_on,
    coalesce(latest.seat_count::integer, showtime.seats_total) AS seats,
    latest.sold::integer AS sold,
    latest.price_median AS "price_median?",
    latest.observed_at AS "observed_at?",
    latest.job_id AS "job_id?",
    showtime.sold_out
FROM showtime
INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
INNER JOIN source ON source.source_id = cinema.source_id
INNER JOIN film ON film.film_id = showtime.film_id
LEFT JOIN auditorium ON auditorium.auditorium_id = showtime.auditorium_id
LEFT JOIN showtime_latest AS latest ON latest.showtime_id = showtime.showtime_id
WHERE showtime.starts_at >= $1
    AND showtime.starts_at < $2
    AND ($3::text IS NULL OR source.name = $3)
    AND ($4::integer IS NULL OR showtime.cinema_id = $4)
    AND ($5::integer IS NULL OR showtime.film_id = $5)
    AND ($6::date IS NULL OR showtime.business_on = $6)
    AND ($7::text IS NULL
        OR strpos(lower(film.title), lower($7)) > 0
        OR EXISTS (
            SELECT FROM film_work
            INNER JOIN work_title ON work_title.work_id = film_work.work_id
            WHERE film_work.film_id = film.film_id AND strpos(lower(work_title.title), lower($7)) > 0))
    AND ($8::text IS NULL OR strpos(lower(cinema.name), lower($8)) > 0)
    AND ($9::timestamptz IS NULL OR (showtime.starts_at, showtime.showtime_id) > ($9, $10::integer))
ORDER BY showtime.starts_at, showtime.showtime_id
LIMIT $11
