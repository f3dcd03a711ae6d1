CREATE OR REPLACE FUNCTION drop_rollup_tables(of_rollup text) RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp SET client_min_messages = warning
AS $$
BEGIN
    EXECUTE format('DROP TABLE IF EXISTS rollup.%I, rollup.%I', of_rollup, of_rollup || '_dirty');
    EXECUTE format('DROP INDEX IF EXISTS rollup.%I', of_rollup || '_idx');
    DELETE FROM partition_reader WHERE reader = 'rollup ' || of_rollup;
    DELETE FROM rollup_dropped WHERE rollup_name = of_rollup;
END
$$;

COMMENT ON FUNCTION drop_rollup_tables IS 'Drops the tables and the index of a rollup that fullhouse.drop_rollup removed. Example: SELECT drop_rollup_tables(rollup_name) FROM rollup_dropped;';
REVOKE EXECUTE ON FUNCTION drop_rollup_tables FROM PUBLIC;
