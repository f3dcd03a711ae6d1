CREATE OR REPLACE VIEW film_match WITH (security_invoker = true) AS
SELECT
    film_work.work_id,
    film_work.film_id,
    source.name AS source,
    film.key,
    film.title,
    work.kind,
    film_work.rule,
    film_work.score,
    film_work.reason,
    film_work.decided_at,
    work.title AS work_title
FROM film_work
INNER JOIN work ON work.work_id = film_work.work_id
INNER JOIN film ON film.film_id = film_work.film_id
INNER JOIN source ON source.source_id = film.source_id;

COMMENT ON VIEW film_match IS 'Each film with its work, and why it is that. To add up over all sources, join by film_id and group by work_id. fullhouse.work_day has the days of each work. Example: SELECT work_id, work_title, count(*) AS films FROM film_match GROUP BY work_id, work_title ORDER BY films DESC LIMIT 10;';
COMMENT ON COLUMN film_match.rule IS 'alone: nothing matches it; rules: it matches another film of the work; reference: the trusted list has both as one work; person: a person decided.';
COMMENT ON COLUMN film_match.score IS 'Score of its best match in the work, in bits.';
COMMENT ON COLUMN film_match.work_title IS 'Title of the work: the one that most of its films have.';
