CREATE OR REPLACE FUNCTION mark_regrouped() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO showtime_to_pair (venue_id)
        SELECT DISTINCT venue_id FROM stored WHERE is_shared;
    ELSE
        INSERT INTO showtime_to_pair (venue_id)
        SELECT DISTINCT regrouped.venue_id
        FROM was
        INNER JOIN stored ON stored.cinema_id = was.cinema_id
        CROSS JOIN LATERAL (VALUES (was.venue_id), (stored.venue_id)) AS regrouped (venue_id)
        WHERE (was.venue_id, was.is_shared) <> (stored.venue_id, stored.is_shared)
            AND (was.is_shared OR stored.is_shared);
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_regrouped IS 'Trigger: notes the venues whose cinemas changed in showtime_to_pair. Example: CREATE TRIGGER mark_regrouped AFTER UPDATE ON cinema_venue REFERENCING OLD TABLE AS was NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_regrouped();';

CREATE OR REPLACE TRIGGER mark_regrouped_new AFTER INSERT ON cinema_venue
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_regrouped();

CREATE OR REPLACE TRIGGER mark_regrouped AFTER UPDATE ON cinema_venue
    REFERENCING OLD TABLE AS was NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_regrouped();
