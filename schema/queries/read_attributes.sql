-- The attributes that source $1 has said, and in how many showtimes to come each was listed last; those
-- that nothing maps come first.
WITH listed AS (
    SELECT one.attribute_id, count(*) AS showtimes
    FROM source
    INNER JOIN cinema ON cinema.source_id = source.source_id
    INNER JOIN showtime ON showtime.cinema_id = cinema.cinema_id
    CROSS JOIN LATERAL unnest(showtime.attribute_ids) AS one (attribute_id)
    WHERE source.name = $1 AND showtime.starts_at > now()
    GROUP BY one.attribute_id
)
SELECT
    attribute.code,
    attribute.kind,
    attribute.meaning,
    coalesce(listed.showtimes, 0) AS "showtimes!",
    attribute.discovered_by
FROM attribute
INNER JOIN source ON source.source_id = attribute.source_id
LEFT JOIN listed ON listed.attribute_id = attribute.attribute_id
WHERE source.name = $1
ORDER BY attribute.kind IS NOT NULL, coalesce(listed.showtimes, 0) DESC, attribute.code
