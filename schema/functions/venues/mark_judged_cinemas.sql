CREATE OR REPLACE FUNCTION mark_judged_cinemas() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO cinema_to_match (cinema_id) VALUES (NEW.cinema_a), (NEW.cinema_b);
    ELSE
        INSERT INTO cinema_to_match (cinema_id) VALUES (OLD.cinema_a), (OLD.cinema_b);
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_judged_cinemas IS 'Trigger: notes both cinemas of a verdict in cinema_to_match. Example: CREATE TRIGGER mark_judged_cinemas AFTER INSERT ON cinema_verdict FOR EACH ROW EXECUTE FUNCTION mark_judged_cinemas();';

CREATE OR REPLACE TRIGGER mark_judged_cinemas AFTER INSERT OR UPDATE OR DELETE ON cinema_verdict FOR EACH ROW
    EXECUTE FUNCTION mark_judged_cinemas();
