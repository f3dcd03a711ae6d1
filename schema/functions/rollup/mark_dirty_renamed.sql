CREATE OR REPLACE FUNCTION mark_dirty_renamed() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO dirty_showtime (showtime_ids, business_on, film_id, cinema_id, territory)
        SELECT ARRAY[showtime.showtime_id], showtime.business_on, showtime.film_id, showtime.cinema_id, %1$s
        FROM showtime INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
        WHERE showtime.%2$I = ($1).%2$I AND %3$s',
        CASE WHEN TG_TABLE_NAME = 'cinema' THEN '($1).territory' ELSE 'cinema.territory' END,
        TG_TABLE_NAME || '_id',
        -- There is no index of showtimes by auditorium, but one by cinema.
        CASE WHEN TG_TABLE_NAME = 'auditorium' THEN 'showtime.cinema_id = ($1).cinema_id' ELSE 'true' END)
    USING OLD;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_dirty_renamed IS 'Trigger: notes the showtimes of a cinema, film or auditorium with a new name or place, in dirty_showtime. Example: CREATE TRIGGER mark_dirty_renamed AFTER UPDATE ON film FOR EACH ROW WHEN (OLD.title <> NEW.title) EXECUTE FUNCTION mark_dirty_renamed();';

CREATE OR REPLACE TRIGGER mark_dirty_renamed AFTER UPDATE ON cinema FOR EACH ROW
    WHEN ((OLD.territory, OLD.name, OLD.timezone, OLD.city) IS DISTINCT FROM (NEW.territory, NEW.name, NEW.timezone, NEW.city))
    EXECUTE FUNCTION mark_dirty_renamed();

CREATE OR REPLACE TRIGGER mark_dirty_renamed AFTER UPDATE ON film FOR EACH ROW
    WHEN (OLD.title <> NEW.title) EXECUTE FUNCTION mark_dirty_renamed();

CREATE OR REPLACE TRIGGER mark_dirty_renamed AFTER UPDATE ON auditorium FOR EACH ROW
    WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION mark_dirty_renamed();
