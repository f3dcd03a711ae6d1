CREATE OR REPLACE FUNCTION mark_relisted() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    -- Both starts: a listing that stood for the showtime before counts again. If only one of two
    -- cinemas is at a shared venue, the entry of the other still removes what is stored.
    INSERT INTO showtime_to_pair (venue_id, starts_at)
    SELECT DISTINCT listed.venue_id, listed.starts_at
    FROM was
    INNER JOIN stored ON stored.showtime_id = was.showtime_id
    INNER JOIN cinema_venue AS venue_before ON venue_before.cinema_id = was.cinema_id
    INNER JOIN cinema_venue AS venue_now ON venue_now.cinema_id = stored.cinema_id
    CROSS JOIN LATERAL (
        VALUES (venue_before.venue_id, was.starts_at), (venue_now.venue_id, stored.starts_at)
    ) AS listed (venue_id, starts_at)
    WHERE (venue_before.is_shared OR venue_now.is_shared)
        AND (was.starts_at, was.film_id, was.cinema_id, was.auditorium_id)
            IS DISTINCT FROM (stored.starts_at, stored.film_id, stored.cinema_id, stored.auditorium_id);
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_relisted IS 'Trigger: notes showtimes at venues with several cinemas in showtime_to_pair, if their start, film, cinema or auditorium changed. Example: CREATE TRIGGER mark_relisted AFTER UPDATE ON showtime REFERENCING OLD TABLE AS was NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_relisted();';

CREATE OR REPLACE TRIGGER mark_relisted AFTER UPDATE ON showtime
    REFERENCING OLD TABLE AS was NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_relisted();
