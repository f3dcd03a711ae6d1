CREATE OR REPLACE FUNCTION fleet_grants()
RETURNS TABLE (role oid, privilege text, object oid, part name, class text)
LANGUAGE sql STABLE
SET search_path = public, pg_temp
AS $$
    SELECT held.grantee, held.privilege_type, held.object, held.part, held.class
    FROM (
        SELECT acl.grantee, acl.privilege_type, pg_class.oid AS object, NULL::name AS part, 'relation' AS class
        FROM pg_class CROSS JOIN LATERAL aclexplode(relacl) AS acl
        WHERE relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT acl.grantee, acl.privilege_type, attrelid, attname, 'relation'
        FROM pg_attribute
        INNER JOIN pg_class ON pg_class.oid = attrelid
        CROSS JOIN LATERAL aclexplode(attacl) AS acl
        WHERE relnamespace = 'public'::regnamespace AND NOT attisdropped
        UNION ALL
        SELECT acl.grantee, acl.privilege_type, pg_proc.oid, NULL, 'function'
        FROM pg_proc CROSS JOIN LATERAL aclexplode(proacl) AS acl
        WHERE pronamespace = 'public'::regnamespace
    ) AS held
    INNER JOIN fleet_role ON fleet_role.kind <> 'migrator' AND to_regrole(quote_ident(fleet_role.role_name)) = held.grantee
$$;

COMMENT ON FUNCTION fleet_grants IS 'The rights that coordinators, agents, receivers and monitors hold in the schema public. Example: SELECT role::regrole, privilege, object::regclass, part FROM fleet_grants() WHERE class = ''relation'';';
