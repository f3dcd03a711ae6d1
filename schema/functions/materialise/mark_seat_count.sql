CREATE OR REPLACE FUNCTION mark_seat_count() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO materialised_mark (table_name, row_key) VALUES ('showtime_fact', NEW.showtime_id);
    -- Most showtimes have the seats that their auditorium had the last time.
    IF NEW.auditorium_id IS NOT NULL AND NEW.seat_count IS DISTINCT FROM (
        SELECT latest.seat_count
        FROM showtime_latest AS latest
        WHERE latest.auditorium_id = NEW.auditorium_id
            AND latest.showtime_id <> NEW.showtime_id
            AND latest.seat_count IS NOT NULL
        ORDER BY latest.showtime_id DESC
        LIMIT 1)
    THEN
        INSERT INTO materialised_mark (table_name, row_key)
        SELECT 'cinema_fact', auditorium.cinema_id
        FROM auditorium
        WHERE auditorium.auditorium_id = NEW.auditorium_id;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_seat_count IS 'Trigger: marks the facts of a showtime whose number of seats is new or changed, and those of its cinema if the auditorium had another number. Example: UPDATE showtime_latest SET seat_count = 120 WHERE showtime_id = 1;';

-- A snapshot that changes no number of seats, as nearly all do, costs the comparison alone.
CREATE OR REPLACE TRIGGER seats_counted AFTER INSERT ON showtime_latest
    FOR EACH ROW WHEN (NEW.seat_count IS NOT NULL)
    EXECUTE FUNCTION mark_seat_count();

CREATE OR REPLACE TRIGGER seats_recounted AFTER UPDATE ON showtime_latest
    FOR EACH ROW WHEN (OLD.seat_count IS DISTINCT FROM NEW.seat_count)
    EXECUTE FUNCTION mark_seat_count();
