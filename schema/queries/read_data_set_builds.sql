-- The last builds of data set $1, the newest first; $2 at most.
SELECT
    build.build_id,
    build.day,
    build.state,
    build.started_at,
    build.ended_at,
    build.started_by,
    build.row_count,
    build.bytes,
    build.error
FROM data_set_build AS build
WHERE build.name = $1
ORDER BY build.build_id DESC
LIMIT $2
