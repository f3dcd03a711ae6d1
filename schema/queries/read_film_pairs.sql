-- At most $4 pairs of films that wait for a person, the highest score first, behind the pair ($2, $3)
-- of score $1; all of it NULL for the first page. If $5 and $6 are given, only that pair.
--
-- A pair with a verdict waits no longer, though the leader has not looked at it again yet.
SELECT pair.film_a, pair.film_b, pair.score, pair.reasons, pair.noted_at
FROM film_pair_doubt AS pair
WHERE NOT EXISTS (
        SELECT FROM film_verdict AS verdict
        WHERE verdict.film_a = pair.film_a AND verdict.film_b = pair.film_b)
    AND ($1::real IS NULL OR (-pair.score, pair.film_a, pair.film_b) > (-$1, $2::integer, $3::integer))
    AND ($5::integer IS NULL OR (pair.film_a = $5 AND pair.film_b = $6::integer))
ORDER BY -pair.score, pair.film_a, pair.film_b
LIMIT $4
