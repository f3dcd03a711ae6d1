CREATE OR REPLACE VIEW doubtful_venue_pair WITH (security_invoker = true) AS
SELECT
    doubt.cinema_a,
    doubt.cinema_b,
    source_a.name || '/' || cinema_a.key AS key_a,
    source_b.name || '/' || cinema_b.key AS key_b,
    cinema_a.name AS name_a,
    cinema_b.name AS name_b,
    cinema_a.city AS city_a,
    cinema_b.city AS city_b,
    doubt.score,
    doubt.reasons,
    doubt.noted_at
FROM cinema_pair_doubt AS doubt
INNER JOIN cinema AS cinema_a ON cinema_a.cinema_id = doubt.cinema_a
INNER JOIN cinema AS cinema_b ON cinema_b.cinema_id = doubt.cinema_b
INNER JOIN source AS source_a ON source_a.source_id = cinema_a.source_id
INNER JOIN source AS source_b ON source_b.source_id = cinema_b.source_id;

COMMENT ON VIEW doubtful_venue_pair IS 'Pairs of cinemas on which a person should decide whether they are one venue, with the evidence. Example: SELECT key_a, key_b, name_a, name_b FROM doubtful_venue_pair ORDER BY score DESC LIMIT 20;';
COMMENT ON COLUMN doubtful_venue_pair.key_a IS 'Source and key, as `coordinator venue same` takes them.';
COMMENT ON COLUMN doubtful_venue_pair.score IS 'Score, 0 to 1.';
COMMENT ON COLUMN doubtful_venue_pair.reasons IS 'The evidence: signal, whether it is a veto, and text.';
