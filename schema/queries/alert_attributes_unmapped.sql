-- Sources with at least $1 codes of attributes that nothing maps, each with up to ten of them.
SELECT
    source.name AS "subject!",
    count(*)::double precision AS "value!",
    array_to_string((array_agg(attribute.code ORDER BY attribute.code))[1:10], ', ') AS details
FROM attribute
INNER JOIN source ON source.source_id = attribute.source_id
WHERE attribute.kind IS NULL
GROUP BY source.name
HAVING count(*) >= $1::double precision
ORDER BY source.name
LIMIT 1000
