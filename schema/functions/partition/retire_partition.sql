CREATE OR REPLACE FUNCTION retire_partition(of_partition text, wait interval DEFAULT '100 ms')
RETURNS text
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    status partition_status;
    target text;
    index_name regclass;
BEGIN
    SELECT * INTO status FROM partition_status WHERE partition_status.partition = of_partition;
    IF status.due IS NULL THEN
        RETURN NULL;
    END IF;
    -- Other sessions would wait behind this one while it waits for the lock, so it gives up soon.
    PERFORM set_config('lock_timeout', (extract(epoch FROM wait) * 1000)::integer::text, true);
    IF status.due = 'drop' THEN
        EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', status.parent);
        EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', of_partition);
        -- Rows that were stored meanwhile count, and a reader that was set back.
        SELECT * INTO status FROM partition_status WHERE partition_status.partition = of_partition;
        IF status.due IS DISTINCT FROM 'drop' THEN
            RETURN NULL;
        END IF;
        EXECUTE format('DROP TABLE %I', of_partition);
        RETURN 'dropped';
    END IF;
    IF status.due = 'pack' THEN
        EXECUTE format('REINDEX TABLE %I', of_partition);
        RETURN 'packed';
    END IF;
    SELECT retention.tablespace INTO target FROM retention WHERE retention.parent = status.parent;
    EXECUTE format('ALTER TABLE %I SET TABLESPACE %I', of_partition, target);
    FOR index_name IN
        SELECT pg_index.indexrelid FROM pg_index WHERE pg_index.indrelid = of_partition::regclass
    LOOP
        EXECUTE format('ALTER INDEX %s SET TABLESPACE %I', index_name, target);
    END LOOP;
    RETURN 'moved';
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN 'busy';
END
$$;

COMMENT ON FUNCTION retire_partition IS 'Drops, moves or packs a partition if that is due, and returns which; busy if it is in use, NULL if nothing is due. Example: SELECT partition, retire_partition(partition) FROM partition_status WHERE due IS NOT NULL;';
REVOKE EXECUTE ON FUNCTION retire_partition FROM PUBLIC;
