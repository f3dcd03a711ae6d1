CREATE OR REPLACE FUNCTION mark_row() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO materialised_mark (table_name, row_key, spreads)
    VALUES (TG_ARGV[0], (to_jsonb(NEW) ->> TG_ARGV[1])::bigint, TG_ARGV[2]::boolean);
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_row IS 'Trigger: marks a row of a table of computed columns. Arguments: the name of that table, the column with its key, and whether other rows depend on it. Example: CREATE TRIGGER mark AFTER INSERT ON auditorium FOR EACH ROW EXECUTE FUNCTION mark_row(''cinema_fact'', ''cinema_id'', false);';

CREATE OR REPLACE TRIGGER cinema_found AFTER INSERT ON cinema
    FOR EACH ROW EXECUTE FUNCTION mark_row('cinema_fact', 'cinema_id', true);

CREATE OR REPLACE TRIGGER cinema_moved AFTER UPDATE ON cinema
    FOR EACH ROW
    WHEN ((OLD.latitude, OLD.longitude, OLD.timezone) IS DISTINCT FROM (NEW.latitude, NEW.longitude, NEW.timezone))
    EXECUTE FUNCTION mark_row('cinema_fact', 'cinema_id', true);

CREATE OR REPLACE TRIGGER auditorium_found AFTER INSERT ON auditorium
    FOR EACH ROW EXECUTE FUNCTION mark_row('cinema_fact', 'cinema_id', false);

CREATE OR REPLACE TRIGGER showtime_found AFTER INSERT ON showtime
    FOR EACH ROW EXECUTE FUNCTION mark_row('showtime_fact', 'showtime_id', false);

CREATE OR REPLACE TRIGGER showtime_changed AFTER UPDATE ON showtime
    FOR EACH ROW
    WHEN ((OLD.starts_at, OLD.business_on, OLD.seats_total) IS DISTINCT FROM (NEW.starts_at, NEW.business_on, NEW.seats_total))
    EXECUTE FUNCTION mark_row('showtime_fact', 'showtime_id', false);
