CREATE OR REPLACE FUNCTION mark_late_rename() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO late_rename (row_id, of_table)
    VALUES ((to_jsonb(NEW) ->> (TG_TABLE_NAME || '_id'))::integer, TG_TABLE_NAME);
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_late_rename IS 'Trigger: notes films, cinemas, auditoriums and sources with another name, in late_rename. Example: CREATE TRIGGER mark_late AFTER UPDATE ON film FOR EACH ROW WHEN (OLD.title <> NEW.title) EXECUTE FUNCTION mark_late_rename();';

CREATE OR REPLACE TRIGGER mark_late AFTER UPDATE ON film FOR EACH ROW
    WHEN ((OLD.key, OLD.title) IS DISTINCT FROM (NEW.key, NEW.title))
    EXECUTE FUNCTION mark_late_rename();

CREATE OR REPLACE TRIGGER mark_late AFTER UPDATE ON cinema FOR EACH ROW
    WHEN ((OLD.source_id, OLD.territory, OLD.key, OLD.name, OLD.timezone, OLD.city)
        IS DISTINCT FROM (NEW.source_id, NEW.territory, NEW.key, NEW.name, NEW.timezone, NEW.city))
    EXECUTE FUNCTION mark_late_rename();

CREATE OR REPLACE TRIGGER mark_late AFTER UPDATE ON auditorium FOR EACH ROW
    WHEN (OLD.name <> NEW.name)
    EXECUTE FUNCTION mark_late_rename();

CREATE OR REPLACE TRIGGER mark_late AFTER UPDATE ON source FOR EACH ROW
    WHEN ((OLD.name, OLD.title) IS DISTINCT FROM (NEW.name, NEW.title))
    EXECUTE FUNCTION mark_late_rename();
