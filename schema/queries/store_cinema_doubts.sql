-- Replaces the doubts on the cinemas $1: $2 and $3 the two cinemas, $4 score, $5 reasons.
WITH wanted AS MATERIALIZED (
    SELECT cinema_a, cinema_b, score, reasons
    FROM unnest($2::integer[], $3::integer[], $4::real[], $5::jsonb[]) AS wanted (cinema_a, cinema_b, score, reasons)
),
gone AS (
    DELETE FROM cinema_pair_doubt AS doubt
    WHERE (doubt.cinema_a = ANY ($1::integer[]) OR doubt.cinema_b = ANY ($1::integer[]))
        AND NOT EXISTS (SELECT FROM wanted WHERE wanted.cinema_a = doubt.cinema_a AND wanted.cinema_b = doubt.cinema_b)
)
INSERT INTO cinema_pair_doubt AS known (cinema_a, cinema_b, score, reasons)
SELECT cinema_a, cinema_b, score, reasons FROM wanted
ON CONFLICT (cinema_a, cinema_b) DO UPDATE
SET score = excluded.score, reasons = excluded.reasons
WHERE (known.score, known.reasons) IS DISTINCT FROM (excluded.score, excluded.reasons)
