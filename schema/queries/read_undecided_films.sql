-- The films that partners do not see although their work was granted, with a film that they see
-- (NULL if there is none) and the present work.
SELECT
    listed.role_name AS "role_name!",
    listed.state AS "state!",
    listed.work_id AS "work_id!",
    film_work.work_id AS present_work_id,
    format('%s/%s', source.name, film.key) AS "film!",
    film.title,
    beside.film AS "seen_film?"
FROM partner_film AS listed
INNER JOIN film ON film.film_id = listed.film_id
INNER JOIN source ON source.source_id = film.source_id
INNER JOIN film_work ON film_work.film_id = listed.film_id
LEFT JOIN LATERAL (
    SELECT format('%s/%s', seen_source.name, seen.key) AS film
    FROM partner_film AS other
    INNER JOIN film AS seen ON seen.film_id = other.film_id
    INNER JOIN source AS seen_source ON seen_source.source_id = seen.source_id
    WHERE other.partner_scope_id = listed.partner_scope_id AND other.state = 'seen'
    ORDER BY other.film_id
    LIMIT 1
) AS beside ON true
WHERE listed.state <> 'seen'
ORDER BY listed.role_name, listed.partner_scope_id, listed.state DESC, listed.film_id
LIMIT 200
