CREATE OR REPLACE FUNCTION make_member(member_name text, of_role text)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tries integer := 0;
BEGIN
    LOOP
        BEGIN
            IF NOT pg_has_role(member_name, of_role, 'USAGE') THEN
                EXECUTE format('GRANT %I TO %I', of_role, member_name);
            END IF;
            RETURN NULL;
        EXCEPTION
            WHEN insufficient_privilege THEN
                RETURN format('GRANT %I TO %I;', of_role, member_name);
            -- The same grant was made for another database of the server.
            WHEN unique_violation OR internal_error THEN
                tries := tries + 1;
                IF tries > 10 THEN
                    RAISE;
                END IF;
        END;
    END LOOP;
END
$$;

COMMENT ON FUNCTION make_member IS 'Makes a role a member of another; returns NULL, or the statement that a superuser has to run because the caller may not. Example: SELECT make_member(''monitor'', ''pg_monitor'');';
