-- The identifiers that sources give to the films of work $1, and whether each is believed to be that
-- of the work.
SELECT
    listed.scheme,
    listed.value,
    array_agg(DISTINCT source.name) AS "sources!",
    bool_or(believed.work_id IS NOT NULL) AS "is_believed!"
FROM film_work
INNER JOIN film ON film.film_id = film_work.film_id
INNER JOIN source ON source.source_id = film.source_id
INNER JOIN film_identifier AS listed ON listed.film_id = film_work.film_id
LEFT JOIN work_identifier AS believed ON believed.work_id = film_work.work_id
    AND believed.scheme = listed.scheme
    AND believed.value = listed.value
WHERE film_work.work_id = $1
GROUP BY listed.scheme, listed.value
ORDER BY bool_or(believed.work_id IS NOT NULL) DESC, listed.scheme, count(DISTINCT source.name) DESC, listed.value
LIMIT 300
