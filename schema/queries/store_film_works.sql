-- Stores the works of films: $1 film_id, $2 film of whose work it is, $3 rule, $4 score, $5 reason,
-- $6 kind and $7 title of that work, $8 film with which it is confirmed. Every film has a work of its
-- own already.
--
-- The work of a film that is of another redirects there; one that stands for itself redirects
-- nowhere. What did not change is not written, so that nothing is marked dirty for it.
WITH wanted AS MATERIALIZED (
    SELECT given.film_id, own.work_id AS own_work_id, shared.work_id, given.rule, given.score, given.reason, given.kind,
        given.title, given.confirmed_film_id
    FROM unnest($1::integer[], $2::integer[], $3::text[], $4::real[], $5::text[], $6::text[], $7::text[], $8::integer[])
        AS given (film_id, of_film_id, rule, score, reason, kind, title, confirmed_film_id)
    INNER JOIN work AS own ON own.film_id = given.film_id
    INNER JOIN work AS shared ON shared.film_id = given.of_film_id
),
redirected AS (
    UPDATE work
    SET merged_into = nullif(wanted.work_id, wanted.own_work_id), kind = wanted.kind, title = wanted.title
    FROM wanted
    WHERE work.work_id = wanted.own_work_id
        AND (work.merged_into, work.kind, work.title)
            IS DISTINCT FROM (nullif(wanted.work_id, wanted.own_work_id), wanted.kind, wanted.title)
),
before AS MATERIALIZED (
    SELECT film_work.film_id, film_work.work_id
    FROM film_work
    INNER JOIN wanted ON wanted.film_id = film_work.film_id
),
stored AS (
    INSERT INTO film_work AS known (film_id, work_id, rule, score, reason, confirmed_film_id)
    SELECT film_id, work_id, rule, score, reason, confirmed_film_id FROM wanted
    ON CONFLICT (film_id) DO UPDATE
    SET work_id = excluded.work_id, rule = excluded.rule, score = excluded.score, reason = excluded.reason,
        confirmed_film_id = excluded.confirmed_film_id, decided_at = now()
    WHERE (known.work_id, known.rule, known.score, known.reason, known.confirmed_film_id)
        IS DISTINCT FROM (excluded.work_id, excluded.rule, excluded.score, excluded.reason, excluded.confirmed_film_id)
    RETURNING known.film_id, known.work_id
)
SELECT
    count(*) FILTER (WHERE before.film_id IS NULL) AS "new!",
    count(*) FILTER (WHERE before.work_id <> stored.work_id) AS "moved!"
FROM stored
LEFT JOIN before ON before.film_id = stored.film_id
