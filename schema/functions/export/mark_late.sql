CREATE OR REPLACE FUNCTION mark_late() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO late_day (on_day, of_table)
    SELECT DISTINCT (observed_at AT TIME ZONE 'UTC')::date, TG_TABLE_NAME
    FROM stored
    WHERE observed_at < date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_late IS 'Trigger: notes the days of rows that are stored after their day, in late_day. Example: CREATE TRIGGER mark_late AFTER INSERT ON snapshot REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_late();';

-- Snapshots are only updated to count them again, and an export counts by itself.
CREATE OR REPLACE TRIGGER mark_late AFTER INSERT ON snapshot
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_late();

CREATE OR REPLACE TRIGGER mark_late AFTER INSERT ON showtime_tariff
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_late();
