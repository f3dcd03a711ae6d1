CREATE OR REPLACE FUNCTION mark_judged_films() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO film_to_match (film_id) VALUES (NEW.film_a), (NEW.film_b);
    ELSE
        INSERT INTO film_to_match (film_id) VALUES (OLD.film_a), (OLD.film_b);
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_judged_films IS 'Trigger: notes both films of a verdict in film_to_match. Example: CREATE TRIGGER mark_judged_films AFTER INSERT ON film_verdict FOR EACH ROW EXECUTE FUNCTION mark_judged_films();';

CREATE OR REPLACE TRIGGER mark_judged_films AFTER INSERT OR UPDATE OR DELETE ON film_verdict FOR EACH ROW
    EXECUTE FUNCTION mark_judged_films();
