-- Reads the films $1 with what their sources say of them, and when they are shown.
--
-- A film has the territory of its source, if the cinemas of the source are all in one. The first
-- and last start are single look-ups in the index of showtimes by film and start.
WITH wanted AS MATERIALIZED (
    SELECT film_id, source_id, key, title FROM film WHERE film_id = ANY ($1::integer[])
),
home AS MATERIALIZED (
    SELECT cinema.source_id, min(cinema.territory) AS territory
    FROM cinema
    WHERE cinema.source_id IN (SELECT source_id FROM wanted)
    GROUP BY cinema.source_id
    HAVING min(cinema.territory) = max(cinema.territory)
)
SELECT
    wanted.film_id,
    wanted.source_id,
    wanted.key,
    wanted.title,
    home.territory AS "territory?",
    fact.original_title AS "original_title?",
    fact.year AS "year?",
    fact.runtime_minutes AS "runtime_minutes?",
    fact.directors AS "directors?",
    fact.distributor AS "distributor?",
    fact.released_on AS "released_on?",
    identifier.schemes AS "schemes?",
    identifier.values AS "values?",
    shown.first_at AS "first_at?",
    shown.last_at AS "last_at?"
FROM wanted
LEFT JOIN home ON home.source_id = wanted.source_id
LEFT JOIN film_fact AS fact ON fact.film_id = wanted.film_id
LEFT JOIN LATERAL (
    SELECT array_agg(scheme ORDER BY scheme, value) AS schemes, array_agg(value ORDER BY scheme, value) AS values
    FROM film_identifier
    WHERE film_identifier.film_id = wanted.film_id
) AS identifier ON true
LEFT JOIN LATERAL (
    SELECT min(showtime.starts_at) AS first_at, max(showtime.starts_at) AS last_at
    FROM showtime
    WHERE showtime.film_id = wanted.film_id
) AS shown ON true
ORDER BY wanted.film_id
