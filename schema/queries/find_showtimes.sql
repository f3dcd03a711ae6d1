-- The showtimes among $1 of the film that is titled $2 and of the source that is named $3; each is
-- passed over where it is NULL.
SELECT showtime.showtime_id
FROM showtime
INNER JOIN film ON film.film_id = showtime.film_id
INNER JOIN source ON source.source_id = film.source_id
WHERE ($1::integer[] IS NULL OR showtime.showtime_id = ANY ($1))
    AND ($2::text IS NULL OR lower(film.title) = lower($2))
    AND ($3::text IS NULL OR source.name = $3)
ORDER BY showtime.showtime_id
