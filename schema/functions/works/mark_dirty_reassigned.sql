CREATE OR REPLACE FUNCTION mark_dirty_reassigned() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO dirty_showtime (showtime_ids)
        SELECT array_agg(showtime.showtime_id)
        FROM stored
        INNER JOIN showtime ON showtime.film_id = stored.film_id
        GROUP BY stored.film_id;
    ELSE
        INSERT INTO dirty_showtime (showtime_ids)
        SELECT array_agg(showtime.showtime_id)
        FROM was
        INNER JOIN stored ON stored.film_id = was.film_id AND stored.work_id <> was.work_id
        INNER JOIN showtime ON showtime.film_id = was.film_id
        GROUP BY was.film_id;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_dirty_reassigned IS 'Trigger: notes the showtimes of films with a first or another work in dirty_showtime. Example: CREATE TRIGGER mark_dirty_reassigned AFTER UPDATE ON film_work REFERENCING OLD TABLE AS was NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty_reassigned();';

CREATE OR REPLACE TRIGGER mark_dirty_assigned AFTER INSERT ON film_work
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty_reassigned();

CREATE OR REPLACE TRIGGER mark_dirty_reassigned AFTER UPDATE ON film_work
    REFERENCING OLD TABLE AS was NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty_reassigned();
