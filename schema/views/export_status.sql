CREATE OR REPLACE VIEW export_status WITH (security_invoker = true) AS
SELECT
    export_place.address,
    data_set.name AS data_set,
    coalesce(done.days, 0) AS days,
    done.first_on,
    done.last_on,
    coalesce(done.row_count, 0) AS row_count,
    coalesce(done.bytes, 0) AS bytes,
    done.exported_at,
    waiting.days AS days_waiting,
    waiting.first_on AS waiting_from_on,
    export_place.held_until > now() AS is_under_way
FROM export_place
CROSS JOIN (VALUES ('showtimes'), ('seat-records'), ('snapshots'), ('jobs'), ('prices'), ('events')) AS data_set (name)
LEFT JOIN LATERAL (
    SELECT
        count(*) AS days,
        min(exported_day.on_day) AS first_on,
        max(exported_day.on_day) AS last_on,
        sum(exported_day.row_count)::bigint AS row_count,
        sum(exported_day.bytes)::bigint AS bytes,
        max(exported_day.exported_at) AS exported_at
    FROM exported_day
    WHERE exported_day.place_id = export_place.place_id AND exported_day.data_set = data_set.name
) AS done ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS days, min(due.on_day) AS first_on
    FROM days_to_export(export_place.place_id, data_set.name) AS due
) AS waiting;

COMMENT ON VIEW export_status IS 'Exported days of each place and data set, and days that are still to be exported. Example: SELECT address, data_set, last_on, row_count, days_waiting FROM export_status;';
COMMENT ON COLUMN export_status.days IS 'Days that were exported.';
COMMENT ON COLUMN export_status.bytes IS 'Size of their files.';
COMMENT ON COLUMN export_status.exported_at IS 'When the last day was exported.';
COMMENT ON COLUMN export_status.days_waiting IS 'Complete days that are to be exported, for the first time or again.';
COMMENT ON COLUMN export_status.waiting_from_on IS 'The first of these.';
COMMENT ON COLUMN export_status.is_under_way IS 'Whether a process is writing there, or was killed a moment ago.';
