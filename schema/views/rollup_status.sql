CREATE OR REPLACE VIEW rollup_status
WITH (security_invoker = true) AS
SELECT
    rollup.name,
    CASE
        WHEN rollup.failed_at IS NOT NULL THEN 'set aside'
        WHEN rollup.backfilled_at IS NULL THEN 'backfill'
        WHEN backlog.entries > 0 THEN 'behind'
        ELSE 'current'
    END AS state,
    backlog.entries,
    coalesce(extract(epoch FROM clock_timestamp() - backlog.oldest_at)::double precision, 0) AS lag_seconds,
    rollup.backfill_buckets,
    CASE
        WHEN rollup.backfilled_at IS NOT NULL THEN 1
        ELSE round(1 - least(backlog.entries::numeric / nullif(rollup.backfill_buckets, 0), 1), 4)
    END AS backfill_share,
    backlog.rows_estimated,
    backlog.bytes,
    rollup.refreshed_at,
    rollup.failed_at,
    rollup.last_error,
    rollup.parent,
    rollup.keys,
    rollup.made_by,
    rollup.made_at,
    rollup.query
FROM rollup
INNER JOIN rollup_backlog() AS backlog ON backlog.name = rollup.name;

COMMENT ON VIEW rollup_status IS 'Each rollup: current, behind, being backfilled, or set aside with the reason. Example: SELECT name, state, entries, lag_seconds, backfill_share, last_error FROM rollup_status ORDER BY lag_seconds DESC;';
COMMENT ON COLUMN rollup_status.entries IS 'Log entries and buckets that are not processed yet; the view computes these buckets when it is read.';
COMMENT ON COLUMN rollup_status.lag_seconds IS 'Age of the oldest of these entries.';
COMMENT ON COLUMN rollup_status.backfill_share IS 'Share of the past that is computed, 0 to 1.';
COMMENT ON COLUMN rollup_status.rows_estimated IS 'As of the last vacuum or analyze.';
COMMENT ON COLUMN rollup_status.query IS 'Its query.';
