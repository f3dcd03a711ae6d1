-- This function, compute and first_failure belong to the role data_set_runner, which reads what analysts
-- read. Each refuses to run as another role, also if it was changed to run as its caller.

CREATE OR REPLACE FUNCTION data_set.parse_query(draft text, view_name text, query text) RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
BEGIN
    IF current_user OPERATOR(pg_catalog.<>) 'data_set_runner'::pg_catalog.name THEN
        RAISE EXCEPTION 'the query of a data set is parsed by the role data_set_runner alone';
    END IF;
    -- Names are found as analysts find them.
    PERFORM set_config('search_path', 'analytics, analytics_detail, fullhouse, events, data_set, pg_temp', true);
    EXECUTE format(E'CREATE VIEW %I.%I AS %s\n', draft, view_name, query);
END
$$;

COMMENT ON FUNCTION data_set.parse_query IS 'Makes a view of a query in a draft, for apply_data_set. Example: SELECT data_set.parse_query(''data_set_draft_1'', ''query'', ''SELECT 1 AS one'');';
REVOKE EXECUTE ON FUNCTION data_set.parse_query FROM PUBLIC;
