-- Replaces the doubts on the films $1: $2 and $3 the two films, $4 score, $5 reasons.
WITH wanted AS MATERIALIZED (
    SELECT film_a, film_b, score, reasons
    FROM unnest($2::integer[], $3::integer[], $4::real[], $5::jsonb[]) AS wanted (film_a, film_b, score, reasons)
),
gone AS (
    DELETE FROM film_pair_doubt AS doubt
    WHERE (doubt.film_a = ANY ($1::integer[]) OR doubt.film_b = ANY ($1::integer[]))
        AND NOT EXISTS (SELECT FROM wanted WHERE wanted.film_a = doubt.film_a AND wanted.film_b = doubt.film_b)
)
INSERT INTO film_pair_doubt AS known (film_a, film_b, score, reasons)
SELECT film_a, film_b, score, reasons FROM wanted
ON CONFLICT (film_a, film_b) DO UPDATE
SET score = excluded.score, reasons = excluded.reasons
WHERE (known.score, known.reasons) IS DISTINCT FROM (excluded.score, excluded.reasons)
