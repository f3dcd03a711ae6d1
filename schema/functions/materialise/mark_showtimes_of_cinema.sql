CREATE OR REPLACE FUNCTION mark_showtimes_of_cinema() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO materialised_mark (table_name, row_key)
    SELECT 'showtime_fact', showtime.showtime_id FROM showtime WHERE showtime.cinema_id = NEW.cinema_id;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_showtimes_of_cinema IS 'Marks the facts of all showtimes of a cinema whose zone changed. Example: UPDATE cinema SET timezone = ''Europe/Paris'' WHERE cinema_id = 1;';

CREATE OR REPLACE TRIGGER cinema_zone_changed AFTER UPDATE ON cinema
    FOR EACH ROW WHEN (OLD.timezone IS DISTINCT FROM NEW.timezone)
    EXECUTE FUNCTION mark_showtimes_of_cinema();
