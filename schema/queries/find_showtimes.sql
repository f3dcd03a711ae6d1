-- The showtimes among $1 of the works that have a title with the key $3, of the film that is titled
-- $2 in any letters, and of the source that is named $4; each is passed over where it is NULL.
SELECT showtime.showtime_id
FROM showtime
INNER JOIN film ON film.film_id = showtime.film_id
INNER JOIN source ON source.source_id = film.source_id
WHERE ($1::integer[] IS NULL OR showtime.showtime_id = ANY ($1))
    AND ($2::text IS NULL
        OR lower(film.title) = lower($2)
        OR film.film_id IN (
            SELECT film_work.film_id
            FROM work_title
            INNER JOIN film_work ON film_work.work_id = work_title.work_id
            WHERE work_title.key = $3))
    AND ($4::text IS NULL OR source.name = $4)
ORDER BY showtime.showtime_id
