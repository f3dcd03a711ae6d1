-- The policies call this function, scoped_cinemas, scoped_showings and scoped_sources. All four run as
-- their owner, because the policies of the tables that they read would call them again. The role is a
-- parameter, because current_user is the owner inside.

CREATE OR REPLACE FUNCTION partner_scopes(of_role name)
RETURNS SETOF partner_scope
LANGUAGE sql STABLE ROWS 10
SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT partner_scope.*
    FROM partner_scope
    INNER JOIN pg_roles ON pg_roles.rolname = partner_scope.role_name
    WHERE pg_has_role(of_role, pg_roles.oid, 'MEMBER')
$$;

COMMENT ON FUNCTION partner_scopes IS 'The rows of partner_scope that hold for a role, its own and those of roles that it is a member of. Example: SELECT * FROM partner_scopes(current_user);';
