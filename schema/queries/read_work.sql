-- Work $1: its title, the works that redirect to it, how many pairs of its films wait for a person,
-- and the clock of the database.
SELECT
    work.work_id,
    work.kind,
    work.merged_into,
    coalesce(work.title, film.title) AS "title!",
    coalesce(redirect.works, '{}') AS "redirects!",
    doubt.pairs AS "doubts!",
    now() AS "now!"
FROM work
INNER JOIN film ON film.film_id = work.film_id
CROSS JOIN LATERAL (
    SELECT array_agg(other.work_id ORDER BY other.work_id) AS works
    FROM work AS other
    WHERE other.merged_into = work.work_id
) AS redirect
CROSS JOIN LATERAL (
    SELECT array_agg(film_work.film_id) AS films
    FROM film_work
    WHERE film_work.work_id = work.work_id
) AS member
CROSS JOIN LATERAL (
    SELECT count(*) AS pairs
    FROM film_pair_doubt AS pair
    WHERE (pair.film_a = ANY (member.films) OR pair.film_b = ANY (member.films))
        AND NOT EXISTS (
            SELECT FROM film_verdict AS verdict
            WHERE verdict.film_a = pair.film_a AND verdict.film_b = pair.film_b)
) AS doubt
WHERE work.work_id = $1
