-- The primary key of a day's snapshots is rebuilt when the day is over: rows come in the order of time,
-- the key begins with the showtime, so its pages are little more than half full, and a rebuild saves
-- a quarter of its size.

CREATE OR REPLACE FUNCTION has_unpacked_index(partition regclass)
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

COMMENT ON FUNCTION has_unpacked_index IS 'Whether a table has an index that was filled row by row and never built again. Example: SELECT partition FROM partition_status WHERE has_unpacked_index(partition::regclass);';
