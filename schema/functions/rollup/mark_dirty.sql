CREATE OR REPLACE FUNCTION mark_dirty() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO dirty_showtime (showtime_ids)
    SELECT array_agg(DISTINCT showtime_id) FROM stored HAVING count(*) > 0;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION mark_dirty IS 'Trigger: notes the showtimes of all rows of a statement in dirty_showtime. Example: CREATE TRIGGER mark AFTER INSERT ON snapshot REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty();';

-- Snapshots are only updated to count them again, and only deleted to seal them, which changes no
-- value.
CREATE OR REPLACE TRIGGER mark_dirty_stored AFTER INSERT ON snapshot
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty();

CREATE OR REPLACE TRIGGER mark_dirty_counted AFTER UPDATE ON snapshot
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty();

CREATE OR REPLACE TRIGGER mark_dirty_stored AFTER INSERT ON showtime_tariff
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty();

CREATE OR REPLACE TRIGGER mark_dirty_changed AFTER INSERT ON showtime_change
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty();

CREATE OR REPLACE TRIGGER mark_dirty_stored AFTER INSERT ON showtime
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty();

-- A showtime that is found to be listed twice, or no longer, leaves the totals or returns to them.
CREATE OR REPLACE TRIGGER mark_dirty_found AFTER INSERT ON showtime_duplicate
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty();

CREATE OR REPLACE TRIGGER mark_dirty_undone AFTER DELETE ON showtime_duplicate
    REFERENCING OLD TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty();
