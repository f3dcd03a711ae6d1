-- Each work asks about the other alone that is likest to it: the answer says much of the others, and
-- the next is asked behind it. The same as works::question::strongest.
CREATE OR REPLACE VIEW doubtful_pair WITH (security_invoker = true) AS
WITH side AS (
    SELECT coalesce(film_work.work_id, -doubt.film_a) AS work_id, doubt.film_a, doubt.film_b, doubt.score
    FROM film_pair_doubt AS doubt
    LEFT JOIN film_work ON film_work.film_id = doubt.film_a
    UNION ALL
    SELECT coalesce(film_work.work_id, -doubt.film_b) AS work_id, doubt.film_a, doubt.film_b, doubt.score
    FROM film_pair_doubt AS doubt
    LEFT JOIN film_work ON film_work.film_id = doubt.film_b
),
asked AS (
    SELECT DISTINCT ON (side.work_id) side.film_a, side.film_b
    FROM side
    ORDER BY side.work_id, side.score DESC, side.film_a, side.film_b
)
SELECT
    doubt.film_a,
    doubt.film_b,
    source_a.name || '/' || film_a.key AS key_a,
    source_b.name || '/' || film_b.key AS key_b,
    film_a.title AS title_a,
    film_b.title AS title_b,
    doubt.score,
    doubt.reasons,
    doubt.noted_at
FROM film_pair_doubt AS doubt
INNER JOIN film AS film_a ON film_a.film_id = doubt.film_a
INNER JOIN film AS film_b ON film_b.film_id = doubt.film_b
INNER JOIN source AS source_a ON source_a.source_id = film_a.source_id
INNER JOIN source AS source_b ON source_b.source_id = film_b.source_id
WHERE (doubt.film_a, doubt.film_b) IN (SELECT asked.film_a, asked.film_b FROM asked);

COMMENT ON VIEW doubtful_pair IS 'Pairs of films on which a person should decide whether they are one work, with the evidence: of each work the likest other one. Example: SELECT key_a, key_b, title_a, title_b FROM doubtful_pair ORDER BY score DESC LIMIT 20;';
COMMENT ON COLUMN doubtful_pair.key_a IS 'Source and key, as `coordinator film same` takes them.';
COMMENT ON COLUMN doubtful_pair.score IS 'Score in bits.';
COMMENT ON COLUMN doubtful_pair.reasons IS 'The evidence: signal, weight, whether it is a veto, and text.';
