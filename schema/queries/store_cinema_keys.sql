-- Replaces the keys of cinemas: $1 a cinema and $2 one of its keys, $3 all cinemas.
WITH wanted AS MATERIALIZED (
    SELECT cinema_id, key FROM unnest($1::integer[], $2::text[]) AS wanted (cinema_id, key)
),
gone AS (
    DELETE FROM cinema_key
    WHERE cinema_key.cinema_id = ANY ($3::integer[])
        AND NOT EXISTS (SELECT FROM wanted WHERE wanted.cinema_id = cinema_key.cinema_id AND wanted.key = cinema_key.key)
)
INSERT INTO cinema_key (cinema_id, key)
SELECT cinema_id, key FROM wanted
ON CONFLICT (cinema_id, key) DO NOTHING
