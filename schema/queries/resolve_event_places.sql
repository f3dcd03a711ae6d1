-- Finds places by their countries $1 and regions $2, and makes those that are missing while there are
-- fewer than $3. A place that another transaction makes at this moment is not among the rows: ask again.
WITH given AS (
    SELECT DISTINCT country, region FROM unnest($1::text[], $2::text[]) AS one (country, region)
),
known AS (
    SELECT event_place.place_id, given.country, given.region
    FROM given
    INNER JOIN event_place
        ON event_place.country IS NOT DISTINCT FROM given.country
        AND event_place.region IS NOT DISTINCT FROM given.region
),
made AS (
    -- In order, so that two of these statements never wait for each other.
    INSERT INTO event_place (country, region)
    SELECT given.country, given.region
    FROM given
    WHERE NOT EXISTS (
        SELECT FROM known
        WHERE known.country IS NOT DISTINCT FROM given.country
            AND known.region IS NOT DISTINCT FROM given.region)
    ORDER BY given.country, given.region
    LIMIT (SELECT greatest(0, $3::bigint - count(*)) FROM event_place)
    ON CONFLICT (country, region) DO NOTHING
    RETURNING place_id, country::text, region
)
SELECT place_id AS "place_id!", country, region FROM known
UNION ALL
SELECT place_id, country, region FROM made
