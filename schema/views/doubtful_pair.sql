CREATE OR REPLACE VIEW doubtful_pair WITH (security_invoker = true) AS
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
INNER JOIN source AS source_b ON source_b.source_id = film_b.source_id;

COMMENT ON VIEW doubtful_pair IS 'Pairs of films on which a person should decide whether they are one work, with the evidence. Example: SELECT key_a, key_b, title_a, title_b FROM doubtful_pair ORDER BY score DESC LIMIT 20;';
COMMENT ON COLUMN doubtful_pair.key_a IS 'Source and key, as `coordinator film same` takes them.';
COMMENT ON COLUMN doubtful_pair.score IS 'Score in bits.';
COMMENT ON COLUMN doubtful_pair.reasons IS 'The evidence: signal, weight, whether it is a veto, and text.';
