-- At most 20 works: the one that has the number $1 or is what that was merged into, those that have a
-- title with the key $2, and those with $3 in a title; each is passed over where it is NULL.
WITH found AS (
    SELECT placed.work_id
    FROM work
    INNER JOIN film_work AS placed ON placed.film_id = work.film_id
    WHERE work.work_id = $1
    UNION
    SELECT work_id FROM work_title WHERE key = $2
    UNION
    SELECT work_id FROM work_title WHERE strpos(lower(title), lower($3)) > 0
)
SELECT
    work.work_id,
    work.kind,
    coalesce(work.title, min(film.title)) AS "title!",
    min(film_fact.year) AS first_year,
    max(film_fact.year) AS last_year,
    array_agg(
        concat_ws(' ', source.name || '/' || film.key, '"' || film.title || '"', '(' || film_fact.year || ')')
        ORDER BY source.name, film.key) AS "films!"
FROM found
INNER JOIN work ON work.work_id = found.work_id
INNER JOIN film_work ON film_work.work_id = work.work_id
INNER JOIN film ON film.film_id = film_work.film_id
INNER JOIN source ON source.source_id = film.source_id
LEFT JOIN film_fact ON film_fact.film_id = film.film_id
GROUP BY work.work_id, work.kind, work.title
ORDER BY count(*) DESC, work.work_id
LIMIT 20
