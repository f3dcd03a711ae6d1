-- Expressions run with the rights of the role that computes, so only the owner may write them.

CREATE OR REPLACE FUNCTION guard_expressions() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    IF NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
        RAISE EXCEPTION 'only the owner of % may write what is computed', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION guard_expressions IS 'Trigger: lets only the owner of the table write texts that are run as SQL, even if other roles have rights on it. Example: UPDATE materialised_column SET expression = ''1'' WHERE column_name = ''weekday'';';
REVOKE EXECUTE ON FUNCTION guard_expressions FROM PUBLIC;

CREATE OR REPLACE TRIGGER guard_expressions BEFORE INSERT OR UPDATE OF table_name, column_name, expression ON materialised_column
    FOR EACH ROW EXECUTE FUNCTION guard_expressions();

CREATE OR REPLACE TRIGGER guard_expressions BEFORE INSERT OR UPDATE OF name, key_column, of_table, dependents ON materialised_table
    FOR EACH ROW EXECUTE FUNCTION guard_expressions();
