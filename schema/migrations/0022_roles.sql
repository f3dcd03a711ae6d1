-- The roles of the fleet: the migrator owns what is in the database; coordinators, agents and
-- monitors log in with no more than their statements need.
--
-- Roles belong to the whole server and not every migration may make them, so nothing of this is in
-- force before `coordinator access prepare`. What each role may do stands in one file,
-- schema/src/access/grants.txt, which the program hands to apply_grants.

CREATE TABLE fleet_role (
    kind      text NOT NULL,
    role_name text NOT NULL,

    CONSTRAINT fleet_role_pkey PRIMARY KEY (kind),
    CONSTRAINT fleet_role_once UNIQUE (role_name),
    CONSTRAINT fleet_role_word CHECK (kind IN ('migrator', 'coordinator', 'agent', 'monitor'))
);
COMMENT ON TABLE fleet_role IS 'The roles of the fleet in this database; empty before `coordinator access prepare`.';
COMMENT ON COLUMN fleet_role.kind IS 'What the role is for.';
COMMENT ON COLUMN fleet_role.role_name IS 'Its name on the server.';

CREATE FUNCTION make_role(role_name text, options text)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF options NOT IN ('LOGIN', 'NOLOGIN') THEN
        RAISE EXCEPTION 'a role is made with LOGIN or NOLOGIN, not with %', options;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
        RETURN false;
    END IF;
    -- Two databases of one server may make the role at the same time.
    EXECUTE format('CREATE ROLE %I %s', role_name, options);
    RETURN true;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    RETURN false;
END
$$;
COMMENT ON FUNCTION make_role IS 'Makes a role unless the server has it; returns whether it did. Needs CREATEROLE. Example: SELECT make_role(''agent'', ''LOGIN'');';

CREATE FUNCTION make_member(member_name text, of_role text)
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

CREATE FUNCTION make_fleet_roles(with_prefix text DEFAULT NULL)
RETURNS TABLE (role_name text, is_new boolean, left_to_do text)
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    prefix text := coalesce(
        with_prefix, (SELECT left(role_name, -length('agent')) FROM fleet_role WHERE kind = 'agent'), '');
    one record;
    todo text;
BEGIN
    IF prefix !~ '^([a-z_][a-z0-9_]{0,40})?$' THEN
        RAISE EXCEPTION 'the prefix "%" of the roles must be lower-case letters, digits and underscores, 41 at most, and begin with no digit', prefix;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('fullhouse apply_access', 0));
    IF EXISTS (SELECT FROM fleet_role WHERE role_name <> prefix || kind) THEN
        RAISE EXCEPTION 'the roles of this database have other names: %', (SELECT string_agg(role_name, ', ') FROM fleet_role)
            USING HINT = 'To rename them, ALTER ROLE ... RENAME TO ..., UPDATE fleet_role to the new names, and repeat.';
    END IF;
    -- Those that apply_access expects, made here because the migrator makes no roles.
    PERFORM make_role('fullhouse_analyst', 'NOLOGIN'), make_role('fullhouse_partner', 'NOLOGIN');
    FOR one IN
        SELECT kind, prefix || kind AS name
        FROM unnest('{migrator,coordinator,agent,monitor}'::text[]) AS kind
    LOOP
        role_name := one.name;
        is_new := make_role(one.name, 'LOGIN');
        left_to_do := NULL;
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = one.name AND (rolsuper OR rolbypassrls)) THEN
            RAISE EXCEPTION 'the role % is a superuser or bypasses row-level security, so it cannot be a role of the fleet', one.name
                USING HINT = 'choose other names: coordinator access prepare --prefix NAME_';
        END IF;
        IF one.kind = 'migrator' THEN
            todo := give_database_to(one.name);
            -- It gives the role that computes rollups its functions, and writes them again.
            todo := coalesce(todo, make_member(one.name, 'rollup_runner'));
            -- Nobody has tables or types of its own here. Only the owner of the database may take
            -- that right, so it is not left to the migrator.
            EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
        ELSE
            IF NOT has_database_privilege(one.name, current_database(), 'CONNECT') THEN
                EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), one.name);
            END IF;
            -- Sessions of other roles, by which `source map` waits for writers and the doctor finds
            -- what holds others up, and what the server says of itself.
            todo := CASE one.kind
                WHEN 'coordinator' THEN make_member(one.name, 'pg_read_all_stats')
                WHEN 'monitor' THEN make_member(one.name, 'pg_monitor')
            END;
        END IF;
        left_to_do := todo;
        INSERT INTO fleet_role (kind, role_name) VALUES (one.kind, one.name) ON CONFLICT DO NOTHING;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION make_fleet_roles IS 'Makes the roles of the fleet where they are missing, without passwords, and gives what is in the database to the migrator. Returns each role, whether it is new, and what a superuser still has to run. Safe to repeat. Example: SELECT * FROM make_fleet_roles('''');';

-- The schemas of this project, and what is in them.
CREATE FUNCTION give_database_to(new_owner text)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    old_owner oid := (SELECT relowner FROM pg_class WHERE oid = 'public.task'::regclass);
    schemas oid[] := ARRAY(
        SELECT oid FROM pg_namespace
        WHERE nspname IN ('public', 'fullhouse', 'rollup', 'analytics', 'analytics_detail'));
    one record;
BEGIN
    IF old_owner = new_owner::regrole THEN
        RETURN NULL;
    END IF;
    -- Who gives something away must be able to become who gets it. From Postgres 16 on, who made a
    -- role is its member without that.
    IF NOT pg_has_role(new_owner, CASE
        WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END)
    THEN
        EXECUTE format('GRANT %I TO %I', new_owner, current_user);
    END IF;
    EXECUTE format('GRANT CREATE, CONNECT, TEMPORARY ON DATABASE %I TO %I', current_database(), new_owner);
    FOR one IN
        SELECT format('SCHEMA %I', nspname) AS name
        FROM pg_namespace
        WHERE oid = ANY (schemas) AND nspowner <> new_owner::regrole
        UNION ALL
        SELECT format(
            '%s %s',
            CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
            pg_class.oid::regclass)
        FROM pg_class
        WHERE relnamespace = ANY (schemas) AND relowner = old_owner AND relkind IN ('r', 'p', 'v', 'm', 'S')
            -- A sequence that belongs to a column goes with its table, and an extension's are its own.
            AND NOT EXISTS (
                SELECT FROM pg_depend
                WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid
                    AND (deptype = 'e' OR (deptype IN ('a', 'i') AND relkind = 'S')))
        UNION ALL
        SELECT format('ROUTINE %s', pg_proc.oid::regprocedure)
        FROM pg_proc
        WHERE pronamespace = ANY (schemas) AND proowner = old_owner
            AND NOT EXISTS (
                SELECT FROM pg_depend
                WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
        UNION ALL
        SELECT format('TYPE %s', pg_type.oid::regtype)
        FROM pg_type
        WHERE typnamespace = ANY (schemas) AND typowner = old_owner AND typtype IN ('e', 'd')
            AND NOT EXISTS (
                SELECT FROM pg_depend
                WHERE classid = 'pg_type'::regclass AND objid = pg_type.oid AND deptype = 'e')
    LOOP
        EXECUTE format('ALTER %s OWNER TO %I', one.name, new_owner);
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION give_database_to IS 'Gives the schemas of this project, and what the owner of the table task has in them, to a role. For make_fleet_roles. Example: SELECT give_database_to(''migrator'');';

CREATE FUNCTION apply_grants(kinds text[], rights text[], objects text[], columns text[])
RETURNS integer
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    one record;
    changed integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('fullhouse apply_access', 0));
    FOR one IN SELECT role_name FROM fleet_role WHERE kind <> 'migrator' LOOP
        IF NOT has_schema_privilege(one.role_name, 'public', 'USAGE') THEN
            EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', one.role_name);
        END IF;
    END LOOP;
    FOR one IN
        WITH asked AS (
            SELECT asked.*, fleet_role.role_name::regrole::oid AS role
            FROM unnest(kinds, rights, objects, columns) AS asked (kind, privilege, object, parts)
            INNER JOIN fleet_role USING (kind)
            UNION ALL
            -- Whoever computes columns writes the tables that have them.
            SELECT 'coordinator', privilege, format('%I', name), NULL, role_name::regrole
            FROM materialised_table
            CROSS JOIN unnest('{SELECT,INSERT,UPDATE}'::text[]) AS privilege
            INNER JOIN fleet_role ON fleet_role.kind = 'coordinator'
        ),
        wanted AS (
            SELECT role, privilege, object::regclass::oid AS object, NULL::name AS part, 'relation' AS class
            FROM asked
            WHERE privilege NOT IN ('EXECUTE', 'READ') AND parts IS NULL
            UNION
            SELECT role, privilege, object::regclass::oid, trim(part)::name, 'relation'
            FROM asked CROSS JOIN LATERAL string_to_table(parts, ',') AS part
            UNION
            SELECT role, privilege, object::regprocedure::oid, NULL, 'function'
            FROM asked
            WHERE privilege = 'EXECUTE'
            -- Views run with the rights of who reads them: so what they read is read as well.
            UNION
            SELECT role, 'SELECT', object::regclass::oid, NULL, 'relation' FROM asked WHERE privilege = 'READ'
            UNION
            SELECT role, 'SELECT', reached.relation::oid, reached.column_name, 'relation'
            FROM asked CROSS JOIN LATERAL view_dependencies(ARRAY[object::regclass]) AS reached
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
COMMENT ON FUNCTION apply_grants IS 'Gives the roles of the fleet these rights in the schema public, and takes all others from them; returns how many were changed. Each right is of a kind of role, on a relation or function, or on columns of it (with commas between); READ is SELECT on a view and on what it reads. Example: SELECT apply_grants(''{monitor}'', ''{READ}'', ''{fleet_wanted}'', ''{NULL}'');';

CREATE FUNCTION fleet_grants()
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
COMMENT ON FUNCTION fleet_grants IS 'The rights that coordinators, agents and monitors hold in the schema public. Example: SELECT role::regrole, privilege, object::regclass, part FROM fleet_grants() WHERE class = ''relation'';';

-- What needs the owner's rights runs with them, and only for who is given it.

ALTER FUNCTION ensure_partitions SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '100ms';
ALTER FUNCTION retire_partition SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION refresh_view SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION partition_supply SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION count_materialised SECURITY DEFINER SET search_path = public, pg_temp;

-- Of a partition of ours alone: what another role owns may run code of that role.
CREATE OR REPLACE FUNCTION is_empty(partition regclass)
RETURNS boolean
LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    answer boolean;
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_class
        WHERE oid = partition AND relkind = 'r' AND relispartition
            AND relnamespace = 'public'::regnamespace AND pg_get_userbyid(relowner) = current_user)
    THEN
        RAISE EXCEPTION '% is no partition of this database', partition;
    END IF;
    EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', partition) INTO answer;
    RETURN answer;
END
$$;

REVOKE EXECUTE ON FUNCTION
    ensure_partitions, retire_partition, refresh_view, partition_supply, count_materialised, is_empty
FROM PUBLIC;
