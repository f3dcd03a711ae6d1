CREATE OR REPLACE FUNCTION check_data_set_query(draft regclass, of_name text, inputs text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    part CONSTANT text := (SELECT relname FROM pg_class WHERE oid = draft);
    tree text;
    refused text;
BEGIN
    SELECT pg_rewrite.ev_action::text INTO STRICT tree
    FROM pg_rewrite
    WHERE pg_rewrite.ev_class = draft AND pg_rewrite.rulename = '_RETURN' AND pg_rewrite.ev_type = '1';

    -- pg_depend does not have parts of Postgres itself, so the relations are those of the parse tree.
    SELECT string_agg(DISTINCT coalesce(pg_class.oid::regclass::text, '?'), ', ') INTO refused
    FROM regexp_matches(tree, ':relid (\d+)', 'g') AS found (id)
    LEFT JOIN pg_class ON pg_class.oid = found.id[1]::oid
    WHERE found.id[1]::oid NOT IN (0, draft)
        AND (pg_class.relnamespace::regnamespace::text
            IN ('analytics', 'analytics_detail', 'fullhouse', 'events', 'data_set')) IS NOT TRUE;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'a data set cannot read %', refused
            USING COLUMN = part, HINT = 'It reads what analysts read: the schemas analytics, analytics_detail, fullhouse, events and data_set.';
    END IF;

    -- What changes must be followed, or a late day would never arrive.
    SELECT string_agg(DISTINCT missing.input, ', ') INTO refused
    FROM (
        SELECT CASE pg_class.relnamespace::regnamespace::text
            WHEN 'fullhouse' THEN 'rollup/' || pg_class.relname
            WHEN 'data_set' THEN 'data_set/' || pg_class.relname
            WHEN 'events' THEN coalesce('events/' || (
                SELECT event_client.name
                FROM event_view INNER JOIN event_client USING (client_id)
                WHERE event_view.view_name = pg_class.relname), 'events/?')
            END AS input
        FROM regexp_matches(tree, ':relid (\d+)', 'g') AS found (id)
        INNER JOIN pg_class ON pg_class.oid = found.id[1]::oid
        WHERE pg_class.oid <> draft
    ) AS missing
    WHERE missing.input <> ALL (inputs) AND missing.input <> 'data_set/' || of_name;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'it reads % without naming it as an input', refused
            USING COLUMN = part, HINT = 'Add it to inputs: changes of inputs are followed, and nothing is built before they are.';
    END IF;

    -- A function that may write, or that runs with other rights, would get around what the role may do.
    SELECT string_agg(DISTINCT pg_proc.oid::regprocedure::text, ', ') INTO refused
    FROM (
        SELECT found.id[1]::oid AS id
        FROM regexp_matches(tree, ':(?:funcid|aggfnoid|winfnoid|opfuncid|hashfuncid|negfuncid) (\d+)', 'g') AS found (id)
        UNION
        SELECT pg_operator.oprcode::oid
        FROM regexp_matches(tree, ':(?:opno|eqop|sortop) (\d+)', 'g') AS found (id)
        INNER JOIN pg_operator ON pg_operator.oid = found.id[1]::oid
    ) AS called
    INNER JOIN pg_proc ON pg_proc.oid = called.id
    WHERE pg_proc.provolatile = 'v' OR pg_proc.prosecdef
        OR NOT (pg_proc.pronamespace::regnamespace::text IN ('pg_catalog', 'analytics', 'analytics_detail')
            OR pg_proc.oid = 'data_set.day()'::regprocedure);
    IF refused IS NOT NULL OR tree ~ '(?<!\\)\{NEXTVALUEEXPR' THEN
        RAISE EXCEPTION 'a data set cannot call %', coalesce(refused, 'nextval')
            USING COLUMN = part, HINT = 'Functions of Postgres that are IMMUTABLE or STABLE, and those of analytics.';
    END IF;
END
$$;

COMMENT ON FUNCTION check_data_set_query IS 'Checks the query of a data set, given as a view: what it reads is what analysts read and is named as an input, and no function of it can write. Example: SELECT check_data_set_query(''analytics.cinema_profile'', ''my_test'', ''{}'');';
REVOKE EXECUTE ON FUNCTION check_data_set_query FROM PUBLIC;
