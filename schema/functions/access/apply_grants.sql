CREATE OR REPLACE FUNCTION apply_grants(kinds text[], rights text[], objects text[], columns text[])
RETURNS integer
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    one record;
    changed integer := 0;
BEGIN
    LOCK TABLE view_audience IN SHARE ROW EXCLUSIVE MODE;
    FOR one IN SELECT role_name FROM fleet_role WHERE kind <> 'migrator' LOOP
        IF NOT has_schema_privilege(one.role_name, 'public', 'USAGE') THEN
            EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', one.role_name);
        END IF;
    END LOOP;
    FOR one IN
        WITH listed AS (
            SELECT listed.*, fleet_role.role_name::regrole::oid AS role
            FROM unnest(kinds, rights, objects, columns) AS listed (kind, privilege, object, parts)
            INNER JOIN fleet_role USING (kind)
            UNION ALL
            -- A role that computes columns writes the tables that have them.
            SELECT 'coordinator', privilege, format('%I', name), NULL, role_name::regrole
            FROM materialised_table
            CROSS JOIN unnest('{SELECT,INSERT,UPDATE}'::text[]) AS privilege
            INNER JOIN fleet_role ON fleet_role.kind = 'coordinator'
        ),
        wanted AS (
            SELECT role, privilege, object::regclass::oid AS object, NULL::name AS part, 'relation' AS class
            FROM listed
            WHERE privilege NOT IN ('EXECUTE', 'READ') AND parts IS NULL
            UNION
            SELECT role, privilege, object::regclass::oid, trim(part)::name, 'relation'
            FROM listed CROSS JOIN LATERAL string_to_table(parts, ',') AS part
            UNION
            SELECT role, privilege, object::regprocedure::oid, NULL, 'function'
            FROM listed
            WHERE privilege = 'EXECUTE'
            -- Views run with the rights of the reader, who therefore needs rights on the tables below them.
            UNION
            SELECT role, 'SELECT', object::regclass::oid, NULL, 'relation' FROM listed WHERE privilege = 'READ'
            UNION
            SELECT role, 'SELECT', reached.relation::oid, reached.column_name, 'relation'
            FROM listed CROSS JOIN LATERAL view_dependencies(ARRAY[object::regclass]) AS reached
            WHERE privilege = 'READ'
        ),
        held AS (SELECT * FROM fleet_grants())
        SELECT 'REVOKE' AS verb, 'FROM' AS preposition, * FROM (TABLE held EXCEPT TABLE wanted) AS surplus
        UNION ALL
        SELECT 'GRANT', 'TO', * FROM (TABLE wanted EXCEPT TABLE held) AS missing
    LOOP
        IF one.privilege NOT IN (
            'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER', 'USAGE', 'EXECUTE', 'MAINTAIN')
        THEN
            RAISE EXCEPTION 'no right is called %', one.privilege;
        END IF;
        EXECUTE format(
            '%s %s%s ON %s %s %s',
            one.verb,
            one.privilege,
            CASE WHEN one.part IS NULL THEN '' ELSE format(' (%I)', one.part) END,
            CASE
                WHEN one.class = 'function' THEN 'FUNCTION ' || one.object::regprocedure
                WHEN EXISTS (SELECT FROM pg_class WHERE oid = one.object AND relkind = 'S')
                    THEN 'SEQUENCE ' || one.object::regclass
                ELSE 'TABLE ' || one.object::regclass
            END,
            one.preposition,
            one.role::regrole);
        changed := changed + 1;
    END LOOP;
    RETURN changed;
END
$$;

COMMENT ON FUNCTION apply_grants IS 'Grants these rights in the schema public to the roles of the fleet, and revokes all others; returns how many changed. Each right is of a kind of role, on a relation or function, or on columns of it (with commas between); READ is SELECT on a view and on what it reads. Example: SELECT apply_grants(''{monitor}'', ''{READ}'', ''{fleet_wanted}'', ''{NULL}'');';
