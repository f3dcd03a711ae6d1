CREATE OR REPLACE FUNCTION mark_dirty_updated() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO dirty_showtime (showtime_ids, business_on, film_id, cinema_id, territory)
    SELECT ARRAY[was.showtime_id], was.business_on, was.film_id, was.cinema_id, cinema.territory
    FROM was
    INNER JOIN stored ON stored.showtime_id = was.showtime_id
    INNER JOIN cinema ON cinema.cinema_id = was.cinema_id
    WHERE (was.starts_at, was.business_on, was.film_id, was.cinema_id, was.auditorium_id, was.seats_total)
        IS DISTINCT FROM
        (stored.starts_at, stored.business_on, stored.film_id, stored.cinema_id, stored.auditorium_id, stored.seats_total);
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_dirty_updated IS 'Trigger: notes changed showtimes in dirty_showtime, with their old day, film and cinema: the old and the new bucket are computed again. Example: CREATE TRIGGER mark_dirty_updated AFTER UPDATE ON showtime REFERENCING OLD TABLE AS was NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty_updated();';

CREATE OR REPLACE TRIGGER mark_dirty_updated AFTER UPDATE ON showtime
    REFERENCING OLD TABLE AS was NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty_updated();
