CREATE OR REPLACE FUNCTION fullhouse.open_rollup_draft() RETURNS text
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    made CONSTANT text := rollup_draft_name();
BEGIN
    EXECUTE format('CREATE SCHEMA %I', made);
    -- No other transaction sees this schema before it is dropped.
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO PUBLIC', made);
    INSERT INTO rollup_draft (schema_name) VALUES (made);
    RETURN made;
END
$$;

COMMENT ON FUNCTION fullhouse.open_rollup_draft IS 'For fullhouse.create_rollup: makes the schema in which its caller makes a view of the query; it is dropped at the end of the transaction. Example: SELECT fullhouse.open_rollup_draft();';
REVOKE EXECUTE ON FUNCTION fullhouse.open_rollup_draft FROM PUBLIC;
