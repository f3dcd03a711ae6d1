CREATE OR REPLACE FUNCTION mark_late_work() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_TABLE_NAME = 'work' THEN
        INSERT INTO late_rename (row_id, of_table)
        SELECT film_work.film_id, 'film'
        FROM was
        INNER JOIN stored ON stored.work_id = was.work_id AND stored.title IS DISTINCT FROM was.title
        INNER JOIN film_work ON film_work.work_id = was.work_id;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO late_rename (row_id, of_table)
        SELECT stored.film_id, 'film' FROM stored;
    ELSE
        INSERT INTO late_rename (row_id, of_table)
        SELECT stored.film_id, 'film'
        FROM was
        INNER JOIN stored ON stored.film_id = was.film_id AND stored.work_id <> was.work_id;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_late_work IS 'Trigger: notes films with another work, or whose work has another title, in late_rename. Example: CREATE TRIGGER mark_late_retitled AFTER UPDATE ON work REFERENCING OLD TABLE AS was NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_late_work();';

CREATE OR REPLACE TRIGGER mark_late_assigned AFTER INSERT ON film_work
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_late_work();

CREATE OR REPLACE TRIGGER mark_late_reassigned AFTER UPDATE ON film_work
    REFERENCING OLD TABLE AS was NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_late_work();

CREATE OR REPLACE TRIGGER mark_late_retitled AFTER UPDATE ON work
    REFERENCING OLD TABLE AS was NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_late_work();
