-- Data sets with at least $1 days that failed three times, with the last error and whom they stop.
SELECT
    listed.name AS "subject!",
    count(*)::double precision AS "value!",
    concat_ws('; ',
        'last ' || coalesce('of ' || max(listed.day)::text, 'as a whole') || ': '
            || (array_agg(listed.error ORDER BY listed.tried_at DESC))[1],
        'stops ' || nullif(array_to_string(data_set_dependents(listed.name), ', '), '')) AS details
FROM data_set_days() AS listed
WHERE listed.state = 'failed'
GROUP BY listed.name
HAVING count(*) >= $1::double precision
ORDER BY listed.name
LIMIT 1000
