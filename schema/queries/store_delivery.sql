-- Stores that destination $2 has build $4 of day $3 of data set $1, at place $5 alone: $6 documents, while $7
-- were refused, the first of them for the reasons $8.
UPDATE data_set_delivery
SET build = $4,
    places = ARRAY[$5::text],
    documents = $6,
    rejected = $7,
    rejections = $8,
    delivered_at = clock_timestamp(),
    tries = 0,
    next_try_at = NULL,
    error = NULL
WHERE name = $1 AND destination = $2 AND day IS NOT DISTINCT FROM $3
