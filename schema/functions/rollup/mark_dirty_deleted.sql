CREATE OR REPLACE FUNCTION mark_dirty_deleted() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO dirty_showtime (showtime_ids, business_on, film_id, cinema_id, territory)
    SELECT ARRAY[was.showtime_id], was.business_on, was.film_id, was.cinema_id, cinema.territory
    FROM was
    INNER JOIN cinema ON cinema.cinema_id = was.cinema_id;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_dirty_deleted IS 'Trigger: notes deleted showtimes in dirty_showtime, with their day, film and cinema. Example: CREATE TRIGGER mark_dirty_deleted AFTER DELETE ON showtime REFERENCING OLD TABLE AS was FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty_deleted();';

CREATE OR REPLACE TRIGGER mark_dirty_deleted AFTER DELETE ON showtime
    REFERENCING OLD TABLE AS was FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty_deleted();
