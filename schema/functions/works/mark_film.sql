CREATE OR REPLACE FUNCTION mark_film() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO film_to_match (film_id) VALUES (NEW.film_id);
    ELSE
        INSERT INTO film_to_match (film_id) VALUES (OLD.film_id);
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_film IS 'Trigger: notes a film in film_to_match, so that its work is looked for again. Example: CREATE TRIGGER mark_film AFTER INSERT ON film FOR EACH ROW EXECUTE FUNCTION mark_film();';

CREATE OR REPLACE TRIGGER mark_film_new AFTER INSERT ON film FOR EACH ROW
    EXECUTE FUNCTION mark_film();

CREATE OR REPLACE TRIGGER mark_film_renamed AFTER UPDATE ON film FOR EACH ROW
    WHEN (OLD.title <> NEW.title) EXECUTE FUNCTION mark_film();

CREATE OR REPLACE TRIGGER mark_film_fact_new AFTER INSERT OR DELETE ON film_fact FOR EACH ROW
    EXECUTE FUNCTION mark_film();

CREATE OR REPLACE TRIGGER mark_film_fact_changed AFTER UPDATE ON film_fact FOR EACH ROW
    WHEN ((OLD.original_title, OLD.year, OLD.runtime_minutes, OLD.directors, OLD.distributor, OLD.released_on)
        IS DISTINCT FROM
        (NEW.original_title, NEW.year, NEW.runtime_minutes, NEW.directors, NEW.distributor, NEW.released_on))
    EXECUTE FUNCTION mark_film();

CREATE OR REPLACE TRIGGER mark_film_identifier AFTER INSERT OR UPDATE OR DELETE ON film_identifier FOR EACH ROW
    EXECUTE FUNCTION mark_film();
