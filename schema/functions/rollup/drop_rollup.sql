CREATE OR REPLACE FUNCTION fullhouse.drop_rollup(name text)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    given_name CONSTANT text := drop_rollup.name;
    one rollup;
    over text;
BEGIN
    SELECT * INTO one FROM rollup WHERE rollup.name = given_name;
    IF one.name IS NULL THEN
        RAISE EXCEPTION 'there is no rollup %', given_name;
    ELSIF one.made_by <> session_user AND NOT pg_has_role(session_user, current_user, 'MEMBER') THEN
        RAISE EXCEPTION 'the rollup % was made by %', given_name, one.made_by
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT string_agg(rollup.name, ', ') INTO over FROM rollup WHERE rollup.parent = given_name;
    IF over IS NOT NULL THEN
        RAISE EXCEPTION 'the rollup % is read by %', given_name, over USING HINT = 'Drop these first.';
    END IF;
    -- The leader drops its tables: here they would stay locked until this transaction ends.
    DELETE FROM rollup WHERE rollup.name = given_name;
    IF FOUND THEN
        EXECUTE format('DROP VIEW fullhouse.%I', given_name);
        INSERT INTO rollup_dropped (rollup_name) VALUES (given_name);
    END IF;
END
$$;

COMMENT ON FUNCTION fullhouse.drop_rollup IS 'Drops a rollup; the leader removes its tables within seconds. For its maker and the owner of the database. Example: SELECT fullhouse.drop_rollup(''late_film'');';
REVOKE EXECUTE ON FUNCTION fullhouse.drop_rollup FROM PUBLIC;
