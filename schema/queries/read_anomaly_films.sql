-- Reads films with their works, for the days of films that are added up by work.
--
-- $1 are the films. A film whose work is not looked for yet is not read.
SELECT film.film_id, film.source_id, film_work.work_id, film.title
FROM film
INNER JOIN film_work ON film_work.film_id = film.film_id
WHERE film.film_id = ANY ($1);
