CREATE OR REPLACE FUNCTION mark_dirty_reassigned() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO dirty_showtime (showtime_ids)
    SELECT array_agg(showtime.showtime_id)
    FROM was
    INNER JOIN stored ON stored.film_id = was.film_id AND stored.work_id <> was.work_id
    INNER JOIN showtime ON showtime.film_id = was.film_id
    HAVING count(*) > 0;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_dirty_reassigned IS 'Trigger: notes the showtimes of films with another work in dirty_showtime. A film''s first work marks nothing: its showtimes were marked when they were stored. Example: CREATE TRIGGER mark_dirty_reassigned AFTER UPDATE ON film_work REFERENCING OLD TABLE AS was NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty_reassigned();';

CREATE OR REPLACE TRIGGER mark_dirty_reassigned AFTER UPDATE ON film_work
    REFERENCING OLD TABLE AS was NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty_reassigned();
