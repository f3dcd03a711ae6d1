CREATE OR REPLACE VIEW database_statement WITH (security_invoker = true) AS
SELECT
    statistics.calls,
    statistics.total_seconds,
    statistics.total_seconds / nullif(sum(statistics.total_seconds) OVER (), 0) AS share,
    statistics.mean_millis,
    statistics.rows,
    statistics.hit_share,
    statistics.temp_blocks,
    statistics.wal_bytes,
    statistics.statement
FROM statement_statistics() AS statistics;

COMMENT ON VIEW database_statement IS 'Time of the database by statement; empty without pg_stat_statements. Example: SELECT round(share::numeric, 2) AS share, calls, round(mean_millis::numeric, 2) AS ms, left(statement, 80) FROM database_statement ORDER BY share DESC LIMIT 10;';
COMMENT ON COLUMN database_statement.share IS 'Share of the time of all counted statements.';
COMMENT ON COLUMN database_statement.hit_share IS 'Share of the blocks that were in shared_buffers.';
COMMENT ON COLUMN database_statement.temp_blocks IS 'Blocks written to temporary files because work_mem was too small.';
