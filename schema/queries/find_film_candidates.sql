-- Finds the films that have one of the keys $1, at most $2 for each key.
--
-- A key that more films share says too little: the oldest films of it are compared, so that the
-- work is bounded.
SELECT wanted.key AS "key!", found.film_id
FROM unnest($1::text[]) AS wanted (key)
CROSS JOIN LATERAL (
    SELECT film_key.film_id
    FROM film_key
    WHERE film_key.key = wanted.key
    ORDER BY film_key.film_id
    LIMIT $2
) AS found
