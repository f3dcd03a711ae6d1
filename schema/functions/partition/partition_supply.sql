CREATE OR REPLACE FUNCTION partition_supply()
RETURNS TABLE (table_name text, until_at timestamptz, default_has_rows boolean)
LANGUAGE plpgsql STABLE
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT
            parent.relname::text AS parent,
            max((regexp_match(pg_get_expr(child.relpartbound, child.oid), 'TO \(''(.+)''\)'))[1]::timestamptz) AS until_at,
            nullif(pg_partitioned_table.partdefid, 0)::regclass AS default_partition
        FROM pg_partitioned_table
        INNER JOIN pg_class AS parent ON parent.oid = pg_partitioned_table.partrelid
        INNER JOIN pg_inherits ON pg_inherits.inhparent = parent.oid
        INNER JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
        WHERE parent.relnamespace = 'public'::regnamespace AND pg_partitioned_table.partstrat = 'r'
        GROUP BY parent.relname, pg_partitioned_table.partdefid
    LOOP
        table_name := one.parent;
        until_at := one.until_at;
        default_has_rows := false;
        IF one.default_partition IS NOT NULL THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one.default_partition) INTO default_has_rows;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;

COMMENT ON FUNCTION partition_supply IS 'Each table that is partitioned by time: the end of its last partition, and whether the default partition has rows. Example: SELECT table_name, until_at - now() AS ahead, default_has_rows FROM partition_supply();';
REVOKE EXECUTE ON FUNCTION partition_supply FROM PUBLIC;
