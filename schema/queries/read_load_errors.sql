-- Rows of files of data set $1 that could not be mapped, the newest days first; $2 at most.
SELECT
    load_error.day,
    load_error.path,
    load_error.line,
    load_error.column_name,
    load_error.reason,
    load_error.excerpt,
    load_error.found_at
FROM load_error
WHERE load_error.name = $1
ORDER BY load_error.day DESC, load_error.path, load_error.line
LIMIT $2
