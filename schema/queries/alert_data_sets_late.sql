-- Data sets with at least $1 days that are not built although their deadline has passed, with what they
-- wait for.
WITH listed AS MATERIALIZED (
    SELECT * FROM data_set_days() WHERE is_late
)
SELECT
    listed.name AS "subject!",
    count(*)::double precision AS "value!",
    concat_ws('; ',
        'since ' || to_char(min(listed.due_by) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC',
        'waits for ' || nullif(array_to_string(ARRAY(
            SELECT DISTINCT unnest(other.waiting_for)
            FROM listed AS other
            WHERE other.name = listed.name
            ORDER BY 1), ', '), ''),
        'last error: ' || (array_agg(listed.error ORDER BY listed.tried_at DESC) FILTER (WHERE listed.error IS NOT NULL))[1]
    ) AS details
FROM listed
GROUP BY listed.name
HAVING count(*) >= $1::double precision
ORDER BY listed.name
LIMIT 1000
