-- What a partner may see, for the policies. They run as their owner, for the policies of
-- what they read would ask them again; whom they answer about is a parameter, because
-- current_user would be their owner.

CREATE OR REPLACE FUNCTION scopes_of(asked name)
RETURNS SETOF partner_scope
LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT partner_scope.*
    FROM partner_scope
    INNER JOIN pg_roles ON pg_roles.rolname = partner_scope.role_name
    WHERE pg_has_role(asked, pg_roles.oid, 'MEMBER')
$$;

COMMENT ON FUNCTION scopes_of IS 'The rows of partner_scope that hold for a role, its own and those of roles that it is a member of. Example: SELECT * FROM scopes_of(current_user);';
