CREATE OR REPLACE VIEW database_index WITH (security_invoker = true) AS
SELECT
    statistics.schemaname::text AS schema_name,
    coalesce(parent_table.relname, statistics.relname)::text AS table_name,
    coalesce(parent.relname, statistics.indexrelname)::text AS index_name,
    count(*)::integer AS parts,
    sum(pg_relation_size(statistics.indexrelid))::bigint AS bytes,
    sum(statistics.idx_scan)::bigint AS scans,
    sum(statistics.idx_tup_read)::bigint AS entries_read,
    bool_or(pg_index.indisunique) AS is_unique,
    bool_and(pg_index.indisvalid) AS is_valid,
    sum(statistics.idx_scan) = 0 AND NOT bool_or(pg_index.indisunique) AS is_unused
FROM pg_stat_user_indexes AS statistics
INNER JOIN pg_index ON pg_index.indexrelid = statistics.indexrelid
LEFT JOIN pg_inherits AS of_index ON of_index.inhrelid = statistics.indexrelid
LEFT JOIN pg_class AS parent ON parent.oid = of_index.inhparent
LEFT JOIN pg_inherits AS of_table ON of_table.inhrelid = statistics.relid
LEFT JOIN pg_class AS parent_table ON parent_table.oid = of_table.inhparent
GROUP BY 1, 2, 3;

COMMENT ON VIEW database_index IS 'Each index, those of partitions together: size, and whether anything has used it since statistics were reset. Example: SELECT table_name, index_name, pg_size_pretty(bytes) FROM database_index WHERE is_unused ORDER BY bytes DESC;';
COMMENT ON COLUMN database_index.parts IS 'Partitions that have it.';
COMMENT ON COLUMN database_index.is_unused IS 'No scan has used it, and it enforces no uniqueness.';
COMMENT ON COLUMN database_index.is_valid IS 'False for the rest of a CREATE INDEX CONCURRENTLY that failed.';
