CREATE OR REPLACE FUNCTION check_rollup_query(draft regclass) RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    author CONSTANT oid := (SELECT relowner FROM pg_class WHERE oid = draft);
    rule oid;
    tree text;
    refused text;
BEGIN
    SELECT pg_rewrite.oid, pg_rewrite.ev_action::text INTO STRICT rule, tree
    FROM pg_rewrite
    WHERE pg_rewrite.ev_class = draft AND pg_rewrite.rulename = '_RETURN' AND pg_rewrite.ev_type = '1';

    SELECT string_agg(DISTINCT coalesce(pg_class.oid::regclass::text, '?'), ', ') INTO refused
    FROM regexp_matches(tree, ':relid (\d+)', 'g') AS found (id)
    LEFT JOIN pg_class ON pg_class.oid = found.id[1]::oid
    LEFT JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
    WHERE found.id[1]::oid NOT IN (0, draft)
        AND (pg_namespace.nspname = 'fullhouse' AND EXISTS (SELECT FROM rollup WHERE rollup.name = pg_class.relname)
            OR pg_namespace.nspname IN ('public', 'analytics', 'analytics_detail')
            AND EXISTS (SELECT FROM rollup_input WHERE rollup_input.name = pg_class.relname AND NOT is_function)) IS NOT TRUE;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'a rollup cannot read %', refused
            USING HINT = 'It may read one other rollup, or what rollup_input lists: changes of these are followed.';
    END IF;

    -- pg_depend does not have parts of Postgres itself. A function must give the same result for the same rows.
    SELECT string_agg(DISTINCT pg_proc.oid::regprocedure::text, ', ') INTO refused
    FROM (
        SELECT found.id[1]::oid AS id
        FROM regexp_matches(tree, ':(?:funcid|aggfnoid|winfnoid|opfuncid|hashfuncid|negfuncid) (\d+)', 'g') AS found (id)
        UNION
        SELECT pg_operator.oprcode::oid
        FROM regexp_matches(tree, ':(?:opno|eqop|sortop) (\d+)', 'g') AS found (id)
        INNER JOIN pg_operator ON pg_operator.oid = found.id[1]::oid
        UNION
        SELECT pg_operator.oprcode::oid
        FROM regexp_matches(tree, ':opnos \(o([ 0-9]+)\)', 'g') AS found (ids)
        CROSS JOIN LATERAL regexp_split_to_table(btrim(found.ids[1]), ' ') AS listed (id)
        INNER JOIN pg_operator ON pg_operator.oid = listed.id::oid
    ) AS called
    INNER JOIN pg_proc ON pg_proc.oid = called.id
    INNER JOIN pg_namespace ON pg_namespace.oid = pg_proc.pronamespace
    WHERE CASE
        WHEN pg_namespace.nspname = 'pg_catalog' THEN
            pg_proc.provolatile = 'v' OR pg_proc.prosecdef
            OR pg_proc.provolatile = 's' AND NOT EXISTS (SELECT FROM rollup_function WHERE function_name = pg_proc.proname)
        ELSE
            pg_namespace.nspname <> 'public'
            OR NOT EXISTS (SELECT FROM rollup_input WHERE rollup_input.name = pg_proc.proname AND is_function)
        END;
    IF refused IS NOT NULL OR tree ~ '(?<!\\)\{(SQLVALUEFUNCTION|NEXTVALUEEXPR)' THEN
        RAISE EXCEPTION 'a rollup cannot call %', coalesce(refused, 'what depends on the moment or on who asks')
            USING HINT = 'What it computes must be the same whenever it is computed: functions of Postgres that are IMMUTABLE, or that rollup_function lists.';
    END IF;

    -- All else that is no part of Postgres: types, operators, collations, of anybody.
    SELECT string_agg(DISTINCT pg_describe_object(known.refclassid, known.refobjid, 0), ', ') INTO refused
    FROM pg_depend AS known
    WHERE (known.classid = 'pg_rewrite'::regclass AND known.objid = rule
            OR known.classid = 'pg_class'::regclass AND known.objid = draft AND known.refclassid <> 'pg_namespace'::regclass)
        AND NOT (known.refclassid = 'pg_class'::regclass)
        AND NOT (known.refclassid = 'pg_proc'::regclass AND EXISTS (
            SELECT FROM pg_proc
            INNER JOIN rollup_input ON rollup_input.name = pg_proc.proname AND rollup_input.is_function
            WHERE pg_proc.oid = known.refobjid AND pg_proc.pronamespace = 'public'::regnamespace))
        AND NOT (known.refclassid = 'pg_type'::regclass AND EXISTS (
            SELECT FROM pg_type
            WHERE pg_type.oid = known.refobjid AND pg_type.typtype = 'e' AND pg_type.typnamespace = 'public'::regnamespace))
        AND NOT (known.refclassid = 'pg_collation'::regclass AND EXISTS (
            SELECT FROM pg_collation
            WHERE pg_collation.oid = known.refobjid AND pg_collation.collnamespace = 'pg_catalog'::regnamespace));
    IF refused IS NULL THEN
        -- Types of Postgres that name its objects, and so depend on what there is.
        SELECT string_agg(DISTINCT 'type ' || pg_type.oid::regtype::text, ', ') INTO refused
        FROM regexp_matches(tree, ':[a-z]*type (\d+)', 'g') AS found (id)
        INNER JOIN pg_type ON pg_type.oid = found.id[1]::oid
        WHERE pg_type.typname ~ '^_?reg' AND pg_type.typnamespace = 'pg_catalog'::regnamespace;
    END IF;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'a rollup cannot use %', refused
            USING HINT = 'Its types, operators and collations are those of Postgres.';
    END IF;
    SELECT string_agg(DISTINCT lower(found.node[1]), ', ') INTO refused
    FROM regexp_matches(tree, '(?<!\\)\{([A-Z_0-9]+)', 'g') AS found (node)
    WHERE found.node[1] NOT IN (
        'AGGREF', 'ALIAS', 'ARRAYCOERCEEXPR', 'ARRAYEXPR', 'BOOLEANTEST', 'BOOLEXPR', 'CASEEXPR', 'CASETESTEXPR',
        'CASEWHEN', 'COALESCEEXPR', 'COERCEVIAIO', 'COLLATEEXPR', 'COMMONTABLEEXPR', 'CONST', 'DISTINCTEXPR',
        'FIELDSELECT', 'FROMEXPR', 'FUNCEXPR', 'GROUPINGFUNC', 'GROUPINGSET', 'JOINEXPR', 'MINMAXEXPR',
        'NAMEDARGEXPR', 'NULLIFEXPR', 'NULLTEST', 'OPEXPR', 'PARAM', 'QUERY', 'RANGETBLENTRY', 'RANGETBLFUNCTION',
        'RANGETBLREF', 'RELABELTYPE', 'ROWCOMPAREEXPR', 'ROWEXPR', 'RTEPERMISSIONINFO', 'SCALARARRAYOPEXPR',
        'SETOPERATIONSTMT', 'SORTGROUPCLAUSE', 'SUBLINK', 'SUBSCRIPTINGREF', 'TARGETENTRY', 'VAR', 'WINDOWCLAUSE',
        'WINDOWFUNC');
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'a rollup cannot have %', refused
            USING HINT = 'It is a SELECT of columns, operators, functions and sub-selects.';
    END IF;

    -- The parts of the outermost SELECT stand last in the tree.
    IF substring(tree FROM '.*:groupClause (\S+)') = '<>' THEN
        RAISE EXCEPTION 'the query of a rollup is SELECT ... GROUP BY';
    ELSIF substring(tree FROM '.*:havingQual (\S+)') <> '<>' OR substring(tree FROM '.*:groupingSets (\S+)') <> '<>'
        OR substring(tree FROM '.*:distinctClause (\S+)') <> '<>' OR substring(tree FROM '.*:setOperations (\S+)') <> '<>'
        OR substring(tree FROM '.*:limitCount (\S+)') <> '<>' OR substring(tree FROM '.*:limitOffset (\S+)') <> '<>'
        OR substring(tree FROM ':hasWindowFuncs (\S+)') = 'true' OR substring(tree FROM ':hasTargetSRFs (\S+)') = 'true' THEN
        RAISE EXCEPTION 'a rollup cannot have HAVING, DISTINCT, LIMIT, UNION, grouping sets, windows or sets of rows outside of its sub-selects'
            USING HINT = 'Leave it out, and say it when you read the rollup.';
    END IF;

    -- It shows all rows, computed by another role, so its author must be allowed to see all rows.
    SELECT string_agg(DISTINCT known.refobjid::regclass::text, ', ') INTO refused
    FROM pg_depend AS known
    WHERE known.classid = 'pg_rewrite'::regclass AND known.objid = rule
        AND known.refclassid = 'pg_class'::regclass AND known.refobjid <> draft
        AND NOT CASE
            WHEN tree ~ ':varattno 0 ' THEN has_table_privilege(author, known.refobjid, 'SELECT')
            WHEN known.refobjsubid > 0 THEN
                has_column_privilege(author, known.refobjid, known.refobjsubid::smallint, 'SELECT')
            ELSE has_any_column_privilege(author, known.refobjid, 'SELECT')
            END;
    IF refused IS NULL AND NOT pg_has_role(author, (SELECT relowner FROM pg_class WHERE oid = 'rollup'::regclass), 'USAGE') THEN
        SELECT 'all rows of ' || string_agg(pg_roles.rolname, ', ') INTO refused
        FROM pg_roles
        WHERE pg_roles.rolname = 'fullhouse_partner' AND pg_has_role(author, pg_roles.oid, 'USAGE');
    END IF;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'permission denied: % may not read %', (SELECT rolname FROM pg_roles WHERE oid = author), refused
            USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;

COMMENT ON FUNCTION check_rollup_query IS 'Checks the query of a rollup, given as a view that its author made. Refuses queries that cannot be maintained incrementally, that use anything but Postgres itself and the inputs, or that read what the author may not read. Example: SELECT check_rollup_query(''public.showtime_standing'');';
REVOKE EXECUTE ON FUNCTION check_rollup_query FROM PUBLIC;
