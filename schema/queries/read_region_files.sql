-- The files of region $1 in order of their numbers, $5 at most: only those that must be written again, if $2;
-- only those of client $3 and hour $4, if these are not NULL.
SELECT
    sequence, client_id, hour, after_name, after_at, until_name, until_at, events, bytes, path, sha256, late_ids
FROM region_file
WHERE region_id = $1
    AND (NOT $2 OR is_stale)
    AND ($3::smallint IS NULL OR client_id = $3)
    AND ($4::timestamptz IS NULL OR hour = $4)
ORDER BY sequence
LIMIT $5
