CREATE OR REPLACE FUNCTION make_role(role_name text, options text)
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
