-- The last $2 verdicts of people on pairs of films, of those on the films $1, or of all if it is NULL.
SELECT
    verdict.film_a,
    verdict.film_b,
    film_a.title AS title_a,
    film_b.title AS title_b,
    source_a.name AS source_a,
    source_b.name AS source_b,
    verdict.is_same,
    verdict.decided_at,
    verdict.decided_by,
    verdict.reason
FROM film_verdict AS verdict
INNER JOIN film AS film_a ON film_a.film_id = verdict.film_a
INNER JOIN film AS film_b ON film_b.film_id = verdict.film_b
INNER JOIN source AS source_a ON source_a.source_id = film_a.source_id
INNER JOIN source AS source_b ON source_b.source_id = film_b.source_id
WHERE $1::integer[] IS NULL OR verdict.film_a = ANY ($1) OR verdict.film_b = ANY ($1)
ORDER BY verdict.decided_at DESC, verdict.film_a, verdict.film_b
LIMIT $2
