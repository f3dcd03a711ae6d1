-- Adds the films that the work of scope $1 has now to those that are granted; returns all films of the
-- work as people name them.
WITH member AS MATERIALIZED (
    SELECT member.film_id
    FROM partner_scope
    INNER JOIN work ON work.work_id = partner_scope.work_id
    INNER JOIN film_work AS anchor ON anchor.film_id = work.film_id
    INNER JOIN film_work AS member ON member.work_id = anchor.work_id
    WHERE partner_scope.partner_scope_id = $1
),
stored AS (
    INSERT INTO partner_scope_film (partner_scope_id, film_id)
    SELECT $1, film_id FROM member
    ON CONFLICT (partner_scope_id, film_id) DO NOTHING
)
SELECT format('%s/%s "%s"', source.name, film.key, film.title) AS "film!"
FROM member
INNER JOIN film ON film.film_id = member.film_id
INNER JOIN source ON source.source_id = film.source_id
ORDER BY source.name, film.key
