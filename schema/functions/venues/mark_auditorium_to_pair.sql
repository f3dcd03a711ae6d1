CREATE OR REPLACE FUNCTION mark_auditorium_to_pair() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO showtime_to_pair (venue_id)
        SELECT DISTINCT cinema_venue.venue_id
        FROM stored
        INNER JOIN was ON was.auditorium_id = stored.auditorium_id
        INNER JOIN auditorium ON auditorium.auditorium_id = stored.auditorium_id
        INNER JOIN cinema_venue ON cinema_venue.cinema_id = auditorium.cinema_id
        WHERE (was.same_as, was.is_known) <> (stored.same_as, stored.is_known);
    ELSE
        INSERT INTO showtime_to_pair (venue_id)
        SELECT DISTINCT cinema_venue.venue_id
        FROM stored
        INNER JOIN auditorium ON auditorium.auditorium_id = stored.auditorium_id
        INNER JOIN cinema_venue ON cinema_venue.cinema_id = auditorium.cinema_id;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_auditorium_to_pair IS 'Trigger: notes the venues whose auditoriums were matched in another way in showtime_to_pair. Example: CREATE TRIGGER mark_auditorium_to_pair AFTER INSERT ON venue_auditorium REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_auditorium_to_pair();';

CREATE OR REPLACE TRIGGER mark_auditorium_to_pair_new AFTER INSERT ON venue_auditorium
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_auditorium_to_pair();

CREATE OR REPLACE TRIGGER mark_auditorium_to_pair AFTER UPDATE ON venue_auditorium
    REFERENCING OLD TABLE AS was NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_auditorium_to_pair();

CREATE OR REPLACE TRIGGER mark_auditorium_to_pair_gone AFTER DELETE ON venue_auditorium
    REFERENCING OLD TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_auditorium_to_pair();
