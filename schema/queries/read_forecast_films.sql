-- Reads the works of the films $1 with what was known of them at the origin $2.
SELECT
    film_work.film_id,
    film_work.work_id,
    work.kind,
    fact.released_on AS "released_on?",
    lower(fact.distributor) AS "distributor?",
    shown.first_on AS "first_on?"
FROM film_work
INNER JOIN work ON work.work_id = film_work.work_id
LEFT JOIN film_fact AS fact ON fact.film_id = film_work.film_id AND fact.changed_at <= $2
LEFT JOIN LATERAL (
    SELECT showtime.business_on AS first_on
    FROM showtime
    WHERE showtime.film_id = film_work.film_id AND showtime.discovered_at <= $2
    ORDER BY showtime.starts_at
    LIMIT 1
) AS shown ON true
WHERE film_work.film_id = ANY ($1::integer[])
