CREATE OR REPLACE FUNCTION drop_rollup_draft() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp SET client_min_messages = warning
AS $$
BEGIN
    EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', NEW.schema_name);
    DELETE FROM rollup_draft WHERE schema_name = NEW.schema_name;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION drop_rollup_draft IS 'Trigger: drops a draft with everything in it. Example: INSERT INTO rollup_draft (schema_name) VALUES (''rollup_draft_1'');';
REVOKE EXECUTE ON FUNCTION drop_rollup_draft FROM PUBLIC;

CREATE CONSTRAINT TRIGGER drop_at_commit AFTER INSERT ON rollup_draft
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION drop_rollup_draft();
