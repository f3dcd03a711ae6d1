-- Finds the cinemas that have one of the keys $1, at most $2 for each key.
--
-- A key that more cinemas share says too little: the oldest of them are compared, so that the work
-- is bounded.
SELECT wanted.key AS "key!", found.cinema_id
FROM unnest($1::text[]) AS wanted (key)
CROSS JOIN LATERAL (
    SELECT cinema_key.cinema_id
    FROM cinema_key
    WHERE cinema_key.key = wanted.key
    ORDER BY cinema_key.cinema_id
    LIMIT $2
) AS found
