-- The files of data set $1 by day, the newest first, those with errors before others; $2 at most.
SELECT
    load_file.day,
    load_file.path,
    load_file.bytes,
    load_file.modified_at,
    load_file.read_at,
    load_file.row_count,
    load_file.error_count
FROM load_file
WHERE load_file.name = $1
ORDER BY load_file.day DESC, coalesce(load_file.error_count, 0) > 0 DESC, load_file.path
LIMIT $2
