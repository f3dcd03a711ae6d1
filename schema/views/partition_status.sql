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
            AND has_unpacked_index(child.oid) THEN 'pack'
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
        CASE WHEN retention.parent IN ('snapshot', 'event') AND span.until_at < now() - retention.keep_for
            AND NOT is_empty(child.oid) THEN 'not all of it is sealed' END,
        (SELECT 'experiment ' || experiment.name || ' still reads it'
            FROM experiment
            WHERE retention.parent = 'event_block' AND span.until_at < now() - retention.keep_for
                AND span.until_at > experiment.starts_at - experiment.covariate_window - interval '2 minutes'
                -- One that is over is computed once more when the last window is over (experiment::due).
                AND coalesce(experiment.ends_at + experiment.conversion_window >= (
                    SELECT max(experiment_result.computed_at)
                    FROM experiment_result
                    WHERE experiment_result.experiment_id = experiment.experiment_id), true)
            ORDER BY experiment.name
            LIMIT 1),
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
COMMENT ON COLUMN partition_status.from_at IS 'Begin of its span; NULL for the default partition, which takes the rows that fit into no other.';
COMMENT ON COLUMN partition_status.until_at IS 'End of its span: rows of this moment or later are not in it.';
COMMENT ON COLUMN partition_status.bytes IS 'With indexes.';
COMMENT ON COLUMN partition_status.rows_estimated IS 'As of the last vacuum or analyze.';
COMMENT ON COLUMN partition_status.held_because IS 'Why a partition that is old enough is not dropped.';
