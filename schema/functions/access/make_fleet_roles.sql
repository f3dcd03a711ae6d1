CREATE OR REPLACE FUNCTION make_fleet_roles(with_prefix text DEFAULT NULL)
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
    LOCK TABLE view_audience IN SHARE ROW EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM fleet_role WHERE role_name <> prefix || kind) THEN
        RAISE EXCEPTION 'the roles of this database have other names: %', (SELECT string_agg(role_name, ', ') FROM fleet_role)
            USING HINT = 'To rename them, ALTER ROLE ... RENAME TO ..., UPDATE fleet_role to the new names, and repeat.';
    END IF;
    -- The roles that apply_access expects; made here because the migrator may make no roles.
    PERFORM make_role('fullhouse_analyst', 'NOLOGIN'), make_role('fullhouse_partner', 'NOLOGIN'),
        make_role('data_set_runner', 'NOLOGIN');
    FOR one IN
        SELECT kind, prefix || kind AS name
        FROM unnest('{migrator,coordinator,agent,receiver,monitor}'::text[]) AS kind
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
            -- Likewise for data sets; their queries read what analysts read.
            todo := coalesce(todo, make_member(one.name, 'data_set_runner'));
            todo := coalesce(todo, make_member('data_set_runner', 'fullhouse_analyst'));
            -- No other role may make tables or types here. Only the owner of the database can revoke
            -- that right, so the migrator cannot do it.
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

COMMENT ON FUNCTION make_fleet_roles IS 'Makes the roles of the fleet where they are missing, without passwords, and makes the migrator the owner of everything in the database. Returns each role, whether it is new, and the statements that a superuser still has to run. Safe to repeat. Example: SELECT * FROM make_fleet_roles('''');';
