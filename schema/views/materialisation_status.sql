CREATE OR REPLACE VIEW materialisation_status WITH (security_invoker = true) AS
SELECT
    watched.name AS table_name,
    counted.rows,
    marked.marks,
    counted.due,
    counted.expired,
    trouble.retrying,
    trouble.set_aside,
    now() - marked.oldest_at AS lag,
    counted.oldest_at AS oldest_row_at,
    filling.columns AS columns_filling,
    filling.rows AS rows_filled,
    CASE WHEN watched.paused_until > now() THEN watched.paused_until END AS paused_until,
    watched.pause_reason,
    trouble.last_error
FROM materialised_table AS watched
CROSS JOIN LATERAL count_materialised(watched.name) AS counted
CROSS JOIN LATERAL (
    SELECT count(*) AS marks, min(marked_at) AS oldest_at
    FROM materialised_mark
    WHERE materialised_mark.table_name = watched.name
) AS marked
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE retry_at IS NOT NULL) AS retrying,
        count(*) FILTER (WHERE retry_at IS NULL) AS set_aside,
        (array_agg(error ORDER BY last_at DESC))[1] AS last_error
    FROM materialisation_error
    WHERE materialisation_error.table_name = watched.name
) AS trouble
CROSS JOIN LATERAL (
    SELECT array_agg(column_name ORDER BY column_name) AS columns, sum(backfilled_rows)::bigint AS rows
    FROM materialised_column
    WHERE materialised_column.table_name = watched.name AND backfilled_at IS NULL
) AS filling;

COMMENT ON VIEW materialisation_status IS 'Progress of each table with computed columns: rows that are due, failed or set aside, and columns that are being filled in. Counts all rows. Example: SELECT table_name, due, lag, set_aside, last_error FROM materialisation_status;';
COMMENT ON COLUMN materialisation_status.marks IS 'Changes that are not processed yet.';
COMMENT ON COLUMN materialisation_status.lag IS 'Age of the oldest of these changes; NULL if there is none.';
COMMENT ON COLUMN materialisation_status.set_aside IS 'Rows that failed too often: see materialisation_error.';
COMMENT ON COLUMN materialisation_status.columns_filling IS 'Columns that are being filled in for old rows; NULL if none is.';
COMMENT ON COLUMN materialisation_status.rows_filled IS 'Rows filled in of those columns so far.';
