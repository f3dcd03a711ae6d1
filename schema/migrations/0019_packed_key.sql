-- The key of a day's snapshots is built again when the day is over: what comes in the order of
-- time leaves the pages of a key that begins with the showtime little more than half full, and
-- a quarter of what the key takes is air.

CREATE FUNCTION is_loose(partition regclass)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
    -- An index that was built again has another file than the one that it was made with. Below
    -- three pages there is nothing to gain.
    SELECT EXISTS (
        SELECT FROM pg_index
        WHERE indrelid = partition
            AND pg_relation_filenode(indexrelid) = indexrelid
            AND pg_relation_size(indexrelid) >= 3 * current_setting('block_size')::integer)
$$;
COMMENT ON FUNCTION is_loose IS 'Whether a table has an index that was filled row by row and never built again. Example: SELECT partition FROM partition_status WHERE is_loose(partition::regclass);';

CREATE OR REPLACE VIEW partition_status WITH (security_invoker = true) AS
SELECT
    retention.parent,
    child.relname::text AS partition,
    span.from_at,
    span.until_at,
    pg_total_relation_size(child.oid) AS bytes,
    greatest(child.reltuples, 0)::bigint AS rows_estimated,
    coalesce(tablespace.spcname, base.spcname)::text AS tablespace,
    CASE
        WHEN span.until_at < now() - retention.keep_for AND holder.reason IS NULL THEN 'drop'
        WHEN span.until_at < now() - retention.move_after
            AND retention.tablespace <> coalesce(tablespace.spcname, base.spcname) THEN 'move'
        WHEN retention.parent = 'snapshot' AND span.until_at < now() - interval '1 hour'
            AND is_loose(child.oid) THEN 'pack'
    END AS due,
    CASE WHEN span.until_at < now() - retention.keep_for THEN holder.reason END AS held_because
FROM retention
INNER JOIN pg_class AS parent
    ON parent.relname = retention.parent AND parent.relkind = 'p'
    AND parent.relnamespace = 'public'::regnamespace
INNER JOIN pg_inherits ON pg_inherits.inhparent = parent.oid
INNER JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
INNER JOIN pg_database ON pg_database.datname = current_database()
INNER JOIN pg_tablespace AS base ON base.oid = pg_database.dattablespace
LEFT JOIN pg_tablespace AS tablespace ON tablespace.oid = child.reltablespace
-- The default partition has no span, and nothing is ever due of it.
CROSS JOIN LATERAL (
    SELECT bound.said[1]::timestamptz AS from_at, bound.said[2]::timestamptz AS until_at
    FROM (
        SELECT regexp_match(
            pg_get_expr(child.relpartbound, child.oid), 'FROM \(''(.+)''\) TO \(''(.+)''\)') AS said
    ) AS bound
) AS span
CROSS JOIN LATERAL (
    SELECT coalesce(
        CASE WHEN retention.parent = 'snapshot' AND span.until_at < now() - retention.keep_for
            AND NOT is_empty(child.oid) THEN 'not all of it is sealed' END,
        (SELECT needed.reader || ' has not begun to read'
            FROM unnest(retention.needs) AS needed (reader)
            WHERE NOT EXISTS (
                SELECT FROM partition_reader
                WHERE partition_reader.parent = retention.parent AND partition_reader.reader = needed.reader)
            LIMIT 1),
        (SELECT partition_reader.reader || ' has read until ' || partition_reader.read_until
            FROM partition_reader
            WHERE partition_reader.parent = retention.parent AND partition_reader.read_until < span.until_at
            ORDER BY partition_reader.read_until
            LIMIT 1)
    ) AS reason
) AS holder;
COMMENT ON VIEW partition_status IS 'Each partition: its span, its size, where it is, what is due (drop, move, or pack: build its indexes again), and why it is not dropped yet. Example: SELECT parent, partition, pg_size_pretty(bytes), due, held_because FROM partition_status ORDER BY parent, from_at;';

CREATE OR REPLACE FUNCTION retire_partition(of_partition text, wait interval DEFAULT '100 ms')
RETURNS text
LANGUAGE plpgsql
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
    -- Whoever waits for a lock is waited for by others: rather try again later.
    PERFORM set_config('lock_timeout', (extract(epoch FROM wait) * 1000)::integer::text, true);
    IF status.due = 'drop' THEN
        EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', status.parent);
        EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', of_partition);
        -- What was stored meanwhile, and what a reader set back, counts.
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
COMMENT ON FUNCTION retire_partition IS 'Drops, moves or packs a partition if that is due, and says which; busy where others use it, NULL where nothing is due. Example: SELECT partition, retire_partition(partition) FROM partition_status WHERE due IS NOT NULL;';
