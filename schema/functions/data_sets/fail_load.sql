CREATE OR REPLACE FUNCTION fail_load(of_build bigint, outcome text, reason text) RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    build data_set_build;
BEGIN
    DELETE FROM load_row WHERE build_id = of_build;
    UPDATE data_set_build
    SET ended_at = clock_timestamp(), state = outcome, error = left(reason, 2000)
    WHERE build_id = of_build AND ended_at IS NULL
    RETURNING * INTO build;
    IF build.name IS NOT NULL THEN
        PERFORM note_data_set_failure(build.name, build.day, build.input_revisions, build.error);
    END IF;
END
$$;

COMMENT ON FUNCTION fail_load IS 'Ends a build whose files could not be read, as failed or timed_out; the last good rows stay. Example: SELECT fail_load(4711, ''failed'', ''sales.csv is not there'');';
REVOKE EXECUTE ON FUNCTION fail_load FROM PUBLIC;
