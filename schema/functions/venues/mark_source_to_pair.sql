CREATE OR REPLACE FUNCTION mark_source_to_pair() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO showtime_to_pair (venue_id)
    SELECT DISTINCT cinema_venue.venue_id
    FROM cinema
    INNER JOIN cinema_venue ON cinema_venue.cinema_id = cinema.cinema_id
    WHERE cinema.source_id = NEW.source_id AND cinema_venue.is_shared;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_source_to_pair IS 'Trigger: notes the venues of a source, as far as they have several cinemas, in showtime_to_pair, because its precedence may have changed. Example: CREATE TRIGGER mark_source_to_pair AFTER UPDATE ON source FOR EACH ROW WHEN (OLD.precedence IS DISTINCT FROM NEW.precedence) EXECUTE FUNCTION mark_source_to_pair();';

CREATE OR REPLACE TRIGGER mark_source_to_pair AFTER UPDATE ON source FOR EACH ROW
    WHEN (OLD.precedence IS DISTINCT FROM NEW.precedence) EXECUTE FUNCTION mark_source_to_pair();

CREATE OR REPLACE TRIGGER mark_step_to_pair_new AFTER INSERT ON step FOR EACH ROW
    WHEN (NEW.yields = 'seats') EXECUTE FUNCTION mark_source_to_pair();

CREATE OR REPLACE TRIGGER mark_step_to_pair AFTER UPDATE ON step FOR EACH ROW
    WHEN ((OLD.yields, OLD.retired) IS DISTINCT FROM (NEW.yields, NEW.retired)) EXECUTE FUNCTION mark_source_to_pair();
