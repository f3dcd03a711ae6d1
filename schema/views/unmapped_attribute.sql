CREATE OR REPLACE VIEW unmapped_attribute
WITH (security_invoker = true) AS
SELECT
    source.name AS source,
    attribute.code,
    coalesce(listed.showtimes, 0) AS showtimes,
    listed.films,
    attribute.discovered_by
FROM attribute
INNER JOIN source ON source.source_id = attribute.source_id
LEFT JOIN (
    SELECT
        one.attribute_id,
        count(*) AS showtimes,
        (array_agg(DISTINCT film.title))[1:3] AS films
    FROM showtime
    CROSS JOIN LATERAL unnest(showtime.attribute_ids) AS one (attribute_id)
    INNER JOIN film ON film.film_id = showtime.film_id
    WHERE showtime.starts_at > now()
        AND one.attribute_id IN (SELECT attribute.attribute_id FROM attribute WHERE attribute.kind IS NULL)
    GROUP BY one.attribute_id
) AS listed ON listed.attribute_id = attribute.attribute_id
WHERE attribute.kind IS NULL;

COMMENT ON VIEW unmapped_attribute IS 'Codes of attributes that nothing maps, with the number of showtimes to come that have each; `coordinator source map-attribute` maps them, and so corrects the past. Example: SELECT source, code, showtimes, films FROM unmapped_attribute ORDER BY showtimes DESC;';
COMMENT ON COLUMN unmapped_attribute.code IS 'The code as it came.';
COMMENT ON COLUMN unmapped_attribute.showtimes IS 'Showtimes to come that have it.';
COMMENT ON COLUMN unmapped_attribute.films IS 'Titles of up to three of their films.';
COMMENT ON COLUMN unmapped_attribute.discovered_by IS 'The job that saw it first.';
