CREATE OR REPLACE FUNCTION statement_statistics()
RETURNS TABLE (
    calls bigint,
    total_seconds double precision,
    mean_millis double precision,
    rows bigint,
    hit_share double precision,
    temp_blocks bigint,
    wal_bytes numeric,
    statement text
)
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    home name := (
        SELECT pg_namespace.nspname
        FROM pg_extension INNER JOIN pg_namespace ON pg_namespace.oid = pg_extension.extnamespace
        WHERE pg_extension.extname = 'pg_stat_statements');
BEGIN
    IF home IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT calls, total_exec_time / 1000, mean_exec_time, rows,
            shared_blks_hit::double precision / nullif(shared_blks_hit + shared_blks_read, 0),
            temp_blks_read + temp_blks_written, wal_bytes, query
        FROM %I.pg_stat_statements
        WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        ORDER BY total_exec_time DESC', home);
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    -- Installed here, but not loaded by the server.
    RETURN;
END
$$;

COMMENT ON FUNCTION statement_statistics IS 'The counters of pg_stat_statements for this database; no row if it is not installed and loaded. Example: SELECT * FROM statement_statistics() LIMIT 10;';
