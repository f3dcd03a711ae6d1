-- The films $1 with what their sources say of them, their work and why it is that, and when they are
-- shown: at most 1,000 showtimes of each are counted.
--
-- A film has the territory of its source, if the cinemas of the source are all in one.
SELECT
    film.film_id,
    source.name AS source,
    film.key,
    film.title,
    film.discovered_by,
    home.territory::text AS "territory?",
    fact.original_title AS "original_title?",
    fact.year AS "year?",
    fact.runtime_minutes AS "runtime_minutes?",
    coalesce(fact.directors, '{}') AS "directors!",
    fact.distributor AS "distributor?",
    fact.released_on AS "released_on?",
    fact.changed_at AS "facts_changed_at?",
    fact.changed_by AS "facts_changed_by?",
    coalesce(identifier.listed, '{}') AS "identifiers!",
    coalesce(name.titles, '{}') AS "former_titles!",
    film_work.work_id AS "work_id?",
    film_work.rule AS "rule?",
    film_work.score AS "score?",
    film_work.reason AS "reason?",
    film_work.decided_at AS "decided_at?",
    shown.showtimes AS "showtimes!",
    first.business_on AS "first_on?",
    last.business_on AS "last_on?"
FROM film
INNER JOIN source ON source.source_id = film.source_id
LEFT JOIN film_fact AS fact ON fact.film_id = film.film_id
LEFT JOIN film_work ON film_work.film_id = film.film_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN min(cinema.territory) = max(cinema.territory) THEN min(cinema.territory) END AS territory
    FROM cinema
    WHERE cinema.source_id = film.source_id
) AS home
CROSS JOIN LATERAL (
    SELECT array_agg(known.scheme || ' ' || known.value ORDER BY known.scheme, known.value) AS listed
    FROM film_identifier AS known
    WHERE known.film_id = film.film_id
) AS identifier
CROSS JOIN LATERAL (
    SELECT array_agg(known.title ORDER BY known.film_title_id) AS titles
    FROM film_title AS known
    WHERE known.film_id = film.film_id AND known.title <> film.title
) AS name
CROSS JOIN LATERAL (
    SELECT count(*) AS showtimes
    FROM (SELECT FROM showtime WHERE showtime.film_id = film.film_id LIMIT 1000) AS counted
) AS shown
LEFT JOIN LATERAL (
    SELECT showtime.business_on
    FROM showtime
    WHERE showtime.film_id = film.film_id
    ORDER BY showtime.starts_at
    LIMIT 1
) AS first ON true
LEFT JOIN LATERAL (
    SELECT showtime.business_on
    FROM showtime
    WHERE showtime.film_id = film.film_id
    ORDER BY showtime.starts_at DESC
    LIMIT 1
) AS last ON true
WHERE film.film_id = ANY ($1::integer[])
ORDER BY source.name, film.film_id
