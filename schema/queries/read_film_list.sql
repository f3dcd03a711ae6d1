-- A page of at most $5 films in the order of their titles, behind the row ($3, $4): of source $1,
-- with $2 in the title; each filter is NULL for all. With the showtimes of the next 7 days.
SELECT
    film.film_id,
    source.name AS source,
    film.key,
    film.title,
    coming.showtimes AS "showtimes!",
    coming.cinemas AS "cinemas!",
    coming.sold AS "sold!",
    coming.seats AS "seats!",
    coming.next_at
FROM (
    SELECT listed.*
    FROM film AS listed
    INNER JOIN source AS of_source ON of_source.source_id = listed.source_id
    WHERE ($1::text IS NULL OR of_source.name = $1)
        AND ($2::text IS NULL OR strpos(lower(listed.title), lower($2)) > 0)
        AND ($3::text IS NULL OR (listed.title, listed.film_id) > ($3, $4::integer))
    ORDER BY listed.title, listed.film_id
    LIMIT $5
) AS film
INNER JOIN source ON source.source_id = film.source_id
CROSS JOIN LATERAL (
    SELECT
        count(*) AS showtimes,
        count(DISTINCT soon.cinema_id) AS cinemas,
        coalesce(sum(soon.sold), 0) AS sold,
        coalesce(sum(soon.seat_count), 0) AS seats,
        min(soon.starts_at) AS next_at
    FROM (
        SELECT showtime.cinema_id, showtime.starts_at, latest.sold, latest.seat_count
        FROM showtime
        LEFT JOIN showtime_latest AS latest ON latest.showtime_id = showtime.showtime_id
        WHERE showtime.film_id = film.film_id
            AND showtime.starts_at >= now()
            AND showtime.starts_at < now() + interval '7 days'
        ORDER BY showtime.starts_at
        LIMIT 1000
    ) AS soon
) AS coming
ORDER BY film.title, film.film_id
