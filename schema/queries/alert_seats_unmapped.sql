-- Sources with at least $1 status codes of seats that nothing maps, each with up to ten of them.
SELECT
    source.name AS "subject!",
    count(*)::double precision AS "value!",
    array_to_string((array_agg(seat_code.code ORDER BY seat_code.code_index))[1:10], ', ') AS details
FROM seat_code
INNER JOIN source ON source.source_id = seat_code.source_id
WHERE seat_code.status IS NULL
GROUP BY source.name
HAVING count(*) >= $1::double precision
ORDER BY source.name
LIMIT 1000
