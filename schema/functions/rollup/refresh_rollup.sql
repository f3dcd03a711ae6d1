CREATE OR REPLACE FUNCTION fullhouse.refresh_rollup(name text)
RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    given_name CONSTANT text := refresh_rollup.name;
    line text[];
BEGIN
    WITH RECURSIVE above AS (
        SELECT rollup.name, rollup.parent FROM rollup WHERE rollup.name = given_name
        UNION ALL
        SELECT rollup.name, rollup.parent FROM above INNER JOIN rollup ON rollup.name = above.parent
    )
    SELECT array_agg(above.name) INTO line FROM above;
    IF line IS NULL THEN
        RAISE EXCEPTION 'there is no rollup %', given_name;
    END IF;
    INSERT INTO rollup_request (rollup_name)
    SELECT rollup.name FROM rollup WHERE rollup.name = ANY (line) AND rollup.failed_at IS NOT NULL;
    RETURN coalesce((SELECT sum(backlog.entries) FROM rollup_backlog() AS backlog WHERE backlog.name = ANY (line)), 0);
END
$$;

COMMENT ON FUNCTION fullhouse.refresh_rollup IS 'Asks the leader to take up a rollup that was set aside, and the rollups that it reads; the leader does so within seconds of the end of this transaction. Returns how many log entries and buckets are to be processed; the view is exact meanwhile. Example: SELECT fullhouse.refresh_rollup(''film_day'');';
REVOKE EXECUTE ON FUNCTION fullhouse.refresh_rollup FROM PUBLIC;
