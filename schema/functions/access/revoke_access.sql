CREATE OR REPLACE FUNCTION revoke_access(login text)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format('REVOKE fullhouse_analyst, fullhouse_partner FROM %I', login);
    EXECUTE format('ALTER ROLE %I IN DATABASE %I RESET ALL', login, current_database());
    DELETE FROM partner_scope WHERE role_name = login;
    DELETE FROM partner_event_area WHERE role_name = login;
END
$$;

COMMENT ON FUNCTION revoke_access IS 'Revokes from a role everything that grant_access gave; the role stays. Example: SELECT revoke_access(''metabase'');';
