-- The films of the titles $1 in small letters, each with the key $2 of the same position: those of the
-- works that have a title with the key, or a film with the title, and films whose work is not found yet.
WITH asked AS MATERIALIZED (
    SELECT title, key
    FROM unnest($1::text[], $2::text[]) AS asked (title, key)
),
titled AS MATERIALIZED (
    SELECT asked.title, film.film_id
    FROM asked
    INNER JOIN film ON lower(film.title) = asked.title
),
named AS (
    SELECT asked.title, work_title.work_id
    FROM asked
    INNER JOIN work_title ON work_title.key = asked.key
    UNION
    SELECT titled.title, film_work.work_id
    FROM titled
    INNER JOIN film_work ON film_work.film_id = titled.film_id
)
SELECT named.title AS "title!", film_work.film_id AS "film_id!"
FROM named
INNER JOIN film_work ON film_work.work_id = named.work_id
UNION
SELECT title, film_id FROM titled
ORDER BY 1, 2
