CREATE OR REPLACE FUNCTION mark_film_to_pair() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO showtime_to_pair (venue_id, starts_at)
    SELECT DISTINCT cinema_venue.venue_id, showtime.starts_at
    FROM stored
    INNER JOIN showtime ON showtime.film_id = stored.film_id
    INNER JOIN cinema_venue ON cinema_venue.cinema_id = showtime.cinema_id AND cinema_venue.is_shared;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_film_to_pair IS 'Trigger: notes the showtimes of films with a new work, at venues with several cinemas, in showtime_to_pair. Example: CREATE TRIGGER mark_film_to_pair AFTER INSERT ON film_work REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_film_to_pair();';

CREATE OR REPLACE TRIGGER mark_film_to_pair_new AFTER INSERT ON film_work
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_film_to_pair();

CREATE OR REPLACE TRIGGER mark_film_to_pair AFTER UPDATE ON film_work
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_film_to_pair();
