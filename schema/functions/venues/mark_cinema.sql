CREATE OR REPLACE FUNCTION mark_cinema() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO cinema_to_match (cinema_id) VALUES (NEW.cinema_id);
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_cinema IS 'Trigger: notes a cinema in cinema_to_match, so that its venue is looked for again. Example: CREATE TRIGGER mark_cinema AFTER INSERT ON cinema FOR EACH ROW EXECUTE FUNCTION mark_cinema();';

CREATE OR REPLACE TRIGGER mark_cinema_new AFTER INSERT ON cinema FOR EACH ROW
    EXECUTE FUNCTION mark_cinema();

CREATE OR REPLACE TRIGGER mark_cinema_changed AFTER UPDATE ON cinema FOR EACH ROW
    WHEN ((OLD.name, OLD.city, OLD.territory, OLD.latitude, OLD.longitude)
        IS DISTINCT FROM (NEW.name, NEW.city, NEW.territory, NEW.latitude, NEW.longitude))
    EXECUTE FUNCTION mark_cinema();
