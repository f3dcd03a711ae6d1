CREATE OR REPLACE FUNCTION mark_late_event_name() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO late_day (on_day, of_table)
    SELECT DISTINCT (received_day AT TIME ZONE 'UTC')::date, 'event'
    FROM event_block
    WHERE name_id = NEW.name_id
    UNION ALL
    -- A few days, of which a search for the name would cost more than to export them.
    SELECT (from_at AT TIME ZONE 'UTC')::date, 'event'
    FROM partition_status
    WHERE parent = 'event' AND until_at < now() AND NOT is_empty(partition::regclass)
    UNION ALL
    -- Nobody made partitions for a week.
    SELECT on_day, 'event' FROM exported_day WHERE data_set = 'events' AND NOT is_empty('event_default'::regclass);
    PERFORM note_event_days(NEW.client_id, ARRAY(
        SELECT DISTINCT (event_count.bucket_at AT TIME ZONE 'UTC')::date
        FROM event_count
        WHERE event_count.name_id = NEW.name_id AND event_count.is_hour));
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_late_event_name IS 'Trigger: notes the days on which events were received whose name readers see changed, in late_day, and those on which they happened, in event_day_change. Example: CREATE TRIGGER mark_late AFTER UPDATE ON event_name FOR EACH ROW WHEN (OLD.canonical <> NEW.canonical) EXECUTE FUNCTION mark_late_event_name();';

CREATE OR REPLACE TRIGGER mark_late AFTER UPDATE ON event_name FOR EACH ROW
    WHEN (OLD.canonical <> NEW.canonical)
    EXECUTE FUNCTION mark_late_event_name();
