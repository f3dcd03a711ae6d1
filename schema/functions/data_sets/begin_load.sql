CREATE OR REPLACE FUNCTION begin_load(of_build bigint) RETURNS boolean
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    build data_set_build;
BEGIN
    -- The lock says that this build is alive while its files are read.
    SELECT * INTO build FROM data_set_build WHERE build_id = of_build AND ended_at IS NULL FOR UPDATE;
    IF build.build_id IS NULL OR EXISTS (
        SELECT FROM data_set_day
        WHERE data_set_day.name = build.name AND data_set_day.day IS NOT DISTINCT FROM build.day
            AND (data_set_day.input_revisions = build.input_revisions OR data_set_day.tried_at > build.started_at))
    THEN
        RETURN false;
    END IF;
    PERFORM set_config('fullhouse.load', of_build::text, true);
    RETURN true;
END
$$;

COMMENT ON FUNCTION begin_load IS 'Locks a build that reads files, for as long as the transaction lasts; false if another build came first. build_data_set then takes the rows that the transaction stages in load_row. Example: SELECT begin_load(4711);';
REVOKE EXECUTE ON FUNCTION begin_load FROM PUBLIC;
