CREATE OR REPLACE FUNCTION end_lost_data_set_builds()
RETURNS TABLE (name text, day date)
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    lost data_set_build;
BEGIN
    -- One that runs is locked; one that was claimed begins within a minute.
    FOR lost IN
        SELECT * FROM data_set_build
        WHERE ended_at IS NULL AND started_at < now() - interval '1 minute'
        FOR UPDATE SKIP LOCKED
    LOOP
        UPDATE data_set_build
        SET ended_at = clock_timestamp(), state = 'lost', error = 'its coordinator, or the connection, is gone'
        WHERE build_id = lost.build_id;
        -- A query that ends the server would else be tried for ever.
        PERFORM note_data_set_failure(lost.name, lost.day, lost.input_revisions, 'its coordinator, or the connection, is gone');
        name := lost.name;
        day := lost.day;
        RETURN NEXT;
    END LOOP;
    DELETE FROM data_set_build WHERE ended_at < now() - interval '30 days';
    DELETE FROM load_error WHERE found_at < now() - interval '30 days';
END
$$;

COMMENT ON FUNCTION end_lost_data_set_builds IS 'Ends builds that began at least a minute ago and that no process runs any more; returns their days, which are tried again. Deletes builds that ended, and errors of rows that were found, 30 days ago. Example: SELECT * FROM end_lost_data_set_builds();';
REVOKE EXECUTE ON FUNCTION end_lost_data_set_builds FROM PUBLIC;
