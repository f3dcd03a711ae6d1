-- Replaces the keys of films: $1 a film and $2 one of its keys, $3 all films.
WITH wanted AS MATERIALIZED (
    SELECT film_id, key FROM unnest($1::integer[], $2::text[]) AS wanted (film_id, key)
),
gone AS (
    DELETE FROM film_key
    WHERE film_key.film_id = ANY ($3::integer[])
        AND NOT EXISTS (SELECT FROM wanted WHERE wanted.film_id = film_key.film_id AND wanted.key = film_key.key)
)
INSERT INTO film_key (film_id, key)
SELECT film_id, key FROM wanted
ON CONFLICT (film_id, key) DO NOTHING
