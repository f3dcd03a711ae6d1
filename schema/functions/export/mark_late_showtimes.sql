CREATE OR REPLACE FUNCTION mark_late_showtimes() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO late_day (on_day, of_table)
    SELECT DISTINCT (discovered_at AT TIME ZONE 'UTC')::date, 'showtime'
    FROM stored
    WHERE discovered_at < date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_late_showtimes IS 'Trigger: notes the days on which the changed showtimes were discovered, in late_day. Example: CREATE TRIGGER mark_late AFTER UPDATE ON showtime REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_late_showtimes();';

CREATE OR REPLACE TRIGGER mark_late_stored AFTER INSERT ON showtime
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_late_showtimes();

CREATE OR REPLACE TRIGGER mark_late_changed AFTER UPDATE ON showtime
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_late_showtimes();

CREATE OR REPLACE TRIGGER mark_late_removed AFTER DELETE ON showtime
    REFERENCING OLD TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_late_showtimes();
