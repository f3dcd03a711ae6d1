CREATE OR REPLACE FUNCTION count_materialised(
    watched_table text,
    OUT rows bigint,
    OUT due bigint,
    OUT expired bigint,
    OUT oldest_at timestamptz
)
LANGUAGE plpgsql STABLE
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
    EXECUTE (
        SELECT format(
            'SELECT count(*), count(*) FILTER (WHERE materialized_at IS NULL),
                count(*) FILTER (WHERE materialized_at > ''-infinity'' AND materialized_at < now() - $1),
                min(materialized_at) FILTER (WHERE materialized_at > ''-infinity'')
            FROM %I', name)
        FROM materialised_table
        WHERE name = watched_table)
    INTO rows, due, expired, oldest_at
    USING (SELECT expires_after FROM materialised_table WHERE name = watched_table);
END
$$;

COMMENT ON FUNCTION count_materialised IS 'Counts the rows of a watched table; reads all of it. Example: SELECT * FROM count_materialised(''cinema_fact'');';
REVOKE EXECUTE ON FUNCTION count_materialised FROM PUBLIC;
