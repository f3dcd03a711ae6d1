-- The $1 largest tables, partitions added up.
--
-- The growth in a day is the size of the last partition that is complete; tables that are not
-- partitioned by day have none.
SELECT
    sized.table_name AS "table_name!",
    count(*) FILTER (WHERE sized.is_partition) AS "partitions!",
    sum(sized.total_bytes)::bigint AS "total_bytes!",
    sum(sized.index_bytes)::bigint AS "index_bytes!",
    sum(sized.rows_estimated)::bigint AS "rows_estimated!",
    sum(sized.dead_rows)::bigint AS "dead_rows!",
    (
        SELECT partition_status.bytes
        FROM partition_status
        WHERE partition_status.parent = sized.table_name AND partition_status.until_at <= now()
        ORDER BY partition_status.until_at DESC
        LIMIT 1
    ) AS day_bytes,
    max(sized.last_vacuum_at) AS last_vacuum_at
FROM (
    SELECT
        CASE WHEN schema_name = 'public' THEN '' ELSE schema_name || '.' END
            || coalesce(partition_of, table_name) AS table_name,
        partition_of IS NOT NULL AS is_partition,
        total_bytes, index_bytes, rows_estimated, dead_rows, last_vacuum_at
    FROM database_table
) AS sized
GROUP BY sized.table_name
ORDER BY sum(sized.total_bytes) DESC, sized.table_name
LIMIT $1
