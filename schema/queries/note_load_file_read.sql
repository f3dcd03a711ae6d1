-- Notes how file $3 of data set $1 and day $2 was read: $5 rows, of which $6 could not be mapped; only if it
-- is still the one with e-tag $4.
UPDATE load_file
SET read_at = clock_timestamp(), row_count = $5, error_count = $6
WHERE name = $1 AND day IS NOT DISTINCT FROM $2 AND path = $3 AND e_tag IS NOT DISTINCT FROM $4
