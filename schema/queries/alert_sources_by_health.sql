-- Scheduled sources with at least $2 steps whose health is $1, each with the reasons. A source is only
-- said to be degraded where none of its steps is quarantined, and by steps whose reason is not like $3:
-- status codes that nothing maps are a condition of their own, with another next step.
SELECT
    source.name AS "subject!",
    count(*)::double precision AS "value!",
    string_agg(step.name || ': ' || coalesce(step.health_reason, 'no reason is known'), '; ' ORDER BY step.name)
        AS details
FROM source
INNER JOIN step ON step.source_id = source.source_id
WHERE source.state = 'active'
    AND NOT step.retired
    AND step.health::text = $1
    AND ($1 = 'quarantined' OR (
        coalesce(step.health_reason, '') NOT LIKE $3
        AND NOT EXISTS (
            SELECT
            FROM step AS other
            WHERE other.source_id = source.source_id AND NOT other.retired AND other.health = 'quarantined')))
GROUP BY source.name
HAVING count(*) >= $2::double precision
ORDER BY source.name
LIMIT 1000
