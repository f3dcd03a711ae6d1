CREATE OR REPLACE FUNCTION mark_auditorium() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO cinema_to_match (cinema_id)
    SELECT cinema_id FROM cinema_venue WHERE cinema_id = NEW.cinema_id AND is_shared;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_auditorium IS 'Trigger: notes the cinema of an auditorium in cinema_to_match, if its venue has other cinemas. Example: CREATE TRIGGER mark_auditorium AFTER INSERT ON auditorium FOR EACH ROW EXECUTE FUNCTION mark_auditorium();';

CREATE OR REPLACE TRIGGER mark_auditorium_new AFTER INSERT ON auditorium FOR EACH ROW
    EXECUTE FUNCTION mark_auditorium();

CREATE OR REPLACE TRIGGER mark_auditorium_renamed AFTER UPDATE ON auditorium FOR EACH ROW
    WHEN ((OLD.name, OLD.cinema_id) IS DISTINCT FROM (NEW.name, NEW.cinema_id)) EXECUTE FUNCTION mark_auditorium();
