-- The regions with how far each is, in order of their names; only that of $1, if it is not NULL.
SELECT
    name AS "name!", direction AS "direction!", place AS "place!", clients AS "clients!", done_until, last_path, last_at,
    files AS "files!", events::bigint AS "events!", bytes::bigint AS "bytes!", stale_files AS "stale_files!",
    open_erasures AS "open_erasures!", gap_files AS "gap_files!", gap_since, gap, succeeded_at, error
FROM region_status
WHERE $1::text IS NULL OR name = $1
ORDER BY name
LIMIT 1000
