CREATE OR REPLACE VIEW database_table WITH (security_invoker = true) AS
SELECT
    statistics.schemaname::text AS schema_name,
    statistics.relname::text AS table_name,
    parent.relname::text AS partition_of,
    pg_total_relation_size(statistics.relid) AS total_bytes,
    pg_indexes_size(statistics.relid) AS index_bytes,
    statistics.n_live_tup AS rows_estimated,
    statistics.n_dead_tup AS dead_rows,
    tuning.is_on AS autovacuum,
    tuning.threshold + tuning.scale_factor * greatest(pg_class.reltuples, 0) AS vacuum_at_dead_rows,
    statistics.n_dead_tup / (tuning.threshold + tuning.scale_factor * greatest(pg_class.reltuples, 0) + 1) AS vacuum_due,
    greatest(statistics.last_vacuum, statistics.last_autovacuum) AS last_vacuum_at,
    greatest(statistics.last_analyze, statistics.last_autoanalyze) AS last_analyze_at,
    statistics.seq_scan AS sequential_scans,
    statistics.seq_tup_read AS rows_read_sequentially,
    statistics.idx_scan AS index_scans,
    statistics.n_tup_ins AS inserted,
    statistics.n_tup_upd AS updated,
    statistics.n_tup_del AS deleted,
    statistics.n_tup_hot_upd::double precision / nullif(statistics.n_tup_upd, 0) AS hot_share,
    age(pg_class.relfrozenxid) AS transaction_age
FROM pg_stat_user_tables AS statistics
INNER JOIN pg_class ON pg_class.oid = statistics.relid
LEFT JOIN pg_inherits ON pg_inherits.inhrelid = pg_class.oid
LEFT JOIN pg_class AS parent ON parent.oid = pg_inherits.inhparent
CROSS JOIN LATERAL (
    SELECT
        coalesce(max(option_value) FILTER (WHERE option_name = 'autovacuum_enabled'), 'true')::boolean AS is_on,
        coalesce(max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_threshold'),
            current_setting('autovacuum_vacuum_threshold'))::double precision AS threshold,
        coalesce(max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_scale_factor'),
            current_setting('autovacuum_vacuum_scale_factor'))::double precision AS scale_factor
    FROM pg_options_to_table(pg_class.reloptions)
) AS tuning
WHERE pg_class.relpersistence <> 't' AND pg_class.relkind <> 'p';

COMMENT ON VIEW database_table IS 'Each table and partition: size, dead rows and when vacuum is due, how it is read and written. Example: SELECT table_name, pg_size_pretty(total_bytes), dead_rows, vacuum_due, last_vacuum_at FROM database_table ORDER BY total_bytes DESC LIMIT 10;';
COMMENT ON COLUMN database_table.partition_of IS 'The partitioned table; NULL if it is not a partition.';
COMMENT ON COLUMN database_table.vacuum_at_dead_rows IS 'Number of dead rows at which autovacuum starts.';
COMMENT ON COLUMN database_table.vacuum_due IS 'Dead rows divided by vacuum_at_dead_rows; far above 1 for long means that autovacuum cannot keep up, or that something holds the dead rows.';
COMMENT ON COLUMN database_table.hot_share IS 'Share of the updates that stayed on their page and touched no index.';
COMMENT ON COLUMN database_table.transaction_age IS 'Transactions since its rows were last frozen.';
