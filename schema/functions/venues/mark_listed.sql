CREATE OR REPLACE FUNCTION mark_listed() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO showtime_to_pair (venue_id, starts_at)
    SELECT DISTINCT cinema_venue.venue_id, stored.starts_at
    FROM stored
    INNER JOIN cinema_venue ON cinema_venue.cinema_id = stored.cinema_id
    WHERE cinema_venue.is_shared;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_listed IS 'Trigger: notes the starts of showtimes at venues with several cinemas in showtime_to_pair. Example: CREATE TRIGGER mark_listed AFTER INSERT ON showtime REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_listed();';

CREATE OR REPLACE TRIGGER mark_listed AFTER INSERT ON showtime
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_listed();

CREATE OR REPLACE TRIGGER mark_unlisted AFTER DELETE ON showtime
    REFERENCING OLD TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_listed();
