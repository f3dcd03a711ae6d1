-- Replaces the list of works: $1 work, $2 title, $3 territory, $4 year, $5 runtime_minutes, and $6
-- directors and $7 keys, each separated by line feeds. All films are matched again.
WITH gone AS (
    DELETE FROM reference_title
),
marked AS (
    INSERT INTO film_to_match (film_id)
    SELECT film_id FROM film ORDER BY film_id
)
INSERT INTO reference_title (work, title, territory, year, runtime_minutes, directors, keys)
SELECT work, title, territory, year, runtime_minutes,
    coalesce(string_to_array(nullif(directors, ''), E'\n'), '{}'), string_to_array(keys, E'\n')
FROM unnest($1::text[], $2::text[], $3::text[], $4::smallint[], $5::smallint[], $6::text[], $7::text[])
    AS given (work, title, territory, year, runtime_minutes, directors, keys)
