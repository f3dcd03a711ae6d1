-- Rollups: no text of a user runs with more rights than that user has.
--
-- Who makes a rollup writes its query into a view of a schema that ends with the transaction, so
-- the text is parsed with the rights of that user. What Postgres made of it is then checked: what
-- it depends on (pg_depend, and the parse tree for what is part of Postgres), and whether that user
-- may read it. Only what passes is kept, as Postgres writes the tree down, and it is computed by
-- functions of the role rollup_runner, which owns nothing else and reads what analysts read.
--
-- No function that a user may call locks what the leader locks: it makes tables and views of its
-- own, adds rows, and deletes one row. The leader does the rest in its next pass.

-- Before Postgres 15 everybody might make tables and functions there.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

ALTER TABLE rollup ADD COLUMN marked_at timestamptz;
UPDATE rollup SET marked_at = CASE WHEN failed_at IS NULL THEN made_at END;
COMMENT ON COLUMN rollup.marked_at IS 'When all of its buckets were marked, by the first refresh after it was made or taken up again; NULL until then, while its view computes all of it.';

CREATE TABLE rollup_spreader (
    is_only boolean NOT NULL DEFAULT true,

    CONSTRAINT rollup_spreader_pkey PRIMARY KEY (is_only),
    CONSTRAINT rollup_spreader_one_row CHECK (is_only)
);
INSERT INTO rollup_spreader DEFAULT VALUES;
COMMENT ON TABLE rollup_spreader IS 'One row, locked by who takes entries of dirty_showtime, or marks all of a rollup. An advisory lock could be held by anybody.';
COMMENT ON COLUMN rollup_spreader.is_only IS 'True.';

CREATE TABLE rollup_request (
    requested_at timestamptz NOT NULL DEFAULT now(),
    is_forced    boolean     NOT NULL DEFAULT false,
    rollup_name  text        NOT NULL,
    requested_by text        NOT NULL DEFAULT session_user
);
COMMENT ON TABLE rollup_request IS 'Rollups whose buckets the leader is to mark again: append-only, without a key, so that nobody waits for an open transaction.';
COMMENT ON COLUMN rollup_request.requested_at IS 'When.';
COMMENT ON COLUMN rollup_request.is_forced IS 'Also where it is not set aside, because marks of it were lost.';
COMMENT ON COLUMN rollup_request.rollup_name IS 'The rollup.';
COMMENT ON COLUMN rollup_request.requested_by IS 'The role that called fullhouse.refresh_rollup, or the leader.';

CREATE TABLE rollup_dropped (
    dropped_at  timestamptz NOT NULL DEFAULT now(),
    rollup_name text        NOT NULL
);
COMMENT ON TABLE rollup_dropped IS 'Dropped rollups whose tables the leader is to remove, once nobody reads them.';
COMMENT ON COLUMN rollup_dropped.dropped_at IS 'When it was dropped.';
COMMENT ON COLUMN rollup_dropped.rollup_name IS 'Name of its table in the schema rollup.';

CREATE TABLE rollup_function (
    function_name text NOT NULL,

    CONSTRAINT rollup_function_pkey PRIMARY KEY (function_name)
);
COMMENT ON TABLE rollup_function IS 'STABLE functions of Postgres that a rollup may call, beside the IMMUTABLE ones: their value depends on their arguments and on settings that are fixed where a rollup is computed.';
COMMENT ON COLUMN rollup_function.function_name IS 'Name, in the schema pg_catalog.';
INSERT INTO rollup_function (function_name)
SELECT unnest(ARRAY[
    'anytextcat', 'array_to_json', 'array_to_string', 'concat', 'concat_ws', 'date', 'date_add', 'date_part',
    'date_subtract', 'date_trunc', 'extract', 'format', 'generate_series', 'in_range', 'interval_pl_timestamptz',
    'json_agg', 'json_agg_strict', 'json_build_array', 'json_build_object', 'json_object_agg', 'jsonb_agg',
    'jsonb_agg_strict', 'jsonb_build_array', 'jsonb_build_object', 'jsonb_object_agg', 'make_timestamptz',
    'overlaps', 'quote_literal', 'quote_nullable', 'row_to_json', 'textanycat', 'time', 'timestamp',
    'timestamptz', 'timestamptz_mi_interval', 'timestamptz_pl_interval', 'timetz', 'timezone', 'to_char',
    'to_date', 'to_json', 'to_jsonb', 'to_number', 'to_timestamp'])
UNION ALL
SELECT format('%s_%s_%s', pair.one, operator.name, pair.other)
FROM (VALUES ('date', 'timestamptz'), ('timestamptz', 'date'), ('timestamp', 'timestamptz'), ('timestamptz', 'timestamp'))
    AS pair (one, other)
CROSS JOIN unnest(ARRAY['cmp', 'eq', 'ge', 'gt', 'le', 'lt', 'ne']) AS operator (name);

-- The draft: where the query is parsed with the rights of who wrote it.

CREATE TABLE rollup_draft (
    schema_name text NOT NULL,

    CONSTRAINT rollup_draft_pkey PRIMARY KEY (schema_name)
);
COMMENT ON TABLE rollup_draft IS 'Schemas in which queries of rollups are parsed: each is dropped when the transaction that opened it is committed, so no row is ever seen.';
COMMENT ON COLUMN rollup_draft.schema_name IS 'The schema.';

CREATE FUNCTION drop_rollup_draft() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp SET client_min_messages = warning
AS $$
BEGIN
    EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', NEW.schema_name);
    DELETE FROM rollup_draft WHERE schema_name = NEW.schema_name;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION drop_rollup_draft IS 'Drops a draft, with whatever was made in it. Example: INSERT INTO rollup_draft (schema_name) VALUES (''rollup_draft_1'');';
CREATE CONSTRAINT TRIGGER drop_at_commit AFTER INSERT ON rollup_draft
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION drop_rollup_draft();

CREATE FUNCTION rollup_draft_name() RETURNS text
LANGUAGE sql STABLE
RETURN 'rollup_draft_' || pg_current_xact_id()::text;
COMMENT ON FUNCTION rollup_draft_name IS 'The schema of the draft of this transaction. Example: SELECT rollup_draft_name();';

CREATE FUNCTION fullhouse.open_rollup_draft() RETURNS text
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    made CONSTANT text := rollup_draft_name();
BEGIN
    EXECUTE format('CREATE SCHEMA %I', made);
    -- No other transaction sees this schema before it is dropped.
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO PUBLIC', made);
    INSERT INTO rollup_draft (schema_name) VALUES (made);
    RETURN made;
END
$$;
COMMENT ON FUNCTION fullhouse.open_rollup_draft IS 'For fullhouse.create_rollup: makes the schema in which its caller writes the query down; it ends with the transaction. Example: SELECT fullhouse.open_rollup_draft();';

-- In the order of the columns of NAME_dirty, after marked_at.
UPDATE rollup
SET bucket = ARRAY(
    SELECT attname::text FROM pg_attribute
    WHERE attrelid = to_regclass(format('rollup.%I', rollup.name || '_dirty')) AND attnum > 1 AND NOT attisdropped
    ORDER BY attnum);

CREATE OR REPLACE FUNCTION query_reading(of_rollup rollup, instead text)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
    -- The query as the database wrote it names each relation with its schema; that this one is
    -- named once, and nowhere else in the text, was checked when the rollup was made.
    SELECT CASE WHEN of_rollup.parent IS NULL THEN of_rollup.query
        ELSE replace(of_rollup.query, 'fullhouse.' || quote_ident(of_rollup.parent), instead)
    END
$$;
CREATE OR REPLACE FUNCTION query_by_bucket(of_rollup rollup, instead text)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
    -- OFFSET 0 keeps the planner from joining later: so the names of the bucket are parameters,
    -- and reach the keys of what the query reads.
    SELECT format('(SELECT * FROM (%s) AS computed WHERE %s OFFSET 0)',
        public.query_reading(of_rollup, instead), public.equal_columns(of_rollup.bucket, 'computed', 'dirty'))
$$;

-- What computes: functions of the role rollup_runner. Each refuses to run as anybody else, also
-- if it was changed to run as its caller.

CREATE FUNCTION rollup.compute_all(of_rollup public.rollup, reading text, target anyelement)
RETURNS SETOF anyelement
LANGUAGE plpgsql STABLE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
SET extra_float_digits = 1 SET bytea_output = 'hex'
AS $$
BEGIN
    IF current_user OPERATOR(pg_catalog.<>) 'rollup_runner'::pg_catalog.name THEN
        RAISE EXCEPTION 'a rollup is computed by the role rollup_runner alone';
    END IF;
    RETURN QUERY EXECUTE format('SELECT * FROM (%s) AS computed', public.query_reading(of_rollup, reading));
END
$$;
COMMENT ON FUNCTION rollup.compute_all IS 'Computes all of a rollup, reading something else in place of its parent''s view; rows like the last parameter. Example: SELECT * FROM rollup.compute_all((SELECT rollup FROM rollup WHERE name = ''film_day''), ''rollup.showtime_sales'', NULL::rollup.film_day);';

CREATE FUNCTION rollup.compute_buckets(of_rollup public.rollup, reading text, buckets jsonb, target anyelement)
RETURNS SETOF anyelement
LANGUAGE plpgsql STABLE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
SET extra_float_digits = 1 SET bytea_output = 'hex'
AS $$
BEGIN
    IF current_user OPERATOR(pg_catalog.<>) 'rollup_runner'::pg_catalog.name THEN
        RAISE EXCEPTION 'a rollup is computed by the role rollup_runner alone';
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT fresh.* FROM jsonb_populate_recordset(NULL::rollup.%I, $1) AS dirty CROSS JOIN LATERAL %s AS fresh',
        of_rollup.name || '_dirty', public.query_by_bucket(of_rollup, reading))
    USING buckets;
END
$$;
COMMENT ON FUNCTION rollup.compute_buckets IS 'Computes buckets of a rollup, reading something else in place of its parent''s view; rows like the last parameter. Example: SELECT * FROM rollup.compute_buckets((SELECT rollup FROM rollup WHERE name = ''film_day''), ''rollup.showtime_sales'', ''[]'', NULL::rollup.film_day);';

CREATE FUNCTION rollup.find_buckets(of_rollup public.rollup, changed jsonb, target anyelement)
RETURNS SETOF anyelement
LANGUAGE plpgsql STABLE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
SET extra_float_digits = 1 SET bytea_output = 'hex'
AS $$
DECLARE
    columns CONSTANT text := public.name_columns(of_rollup.bucket);
BEGIN
    IF current_user OPERATOR(pg_catalog.<>) 'rollup_runner'::pg_catalog.name THEN
        RAISE EXCEPTION 'a rollup is computed by the role rollup_runner alone';
    END IF;
    IF changed IS NULL THEN
        RETURN QUERY EXECUTE format(
            'SELECT DISTINCT now(), %s FROM (%s) AS touched',
            columns, public.query_reading(of_rollup, format('rollup.%I', of_rollup.parent)));
    ELSE
        RETURN QUERY EXECUTE format(
            'WITH %1$I AS (SELECT * FROM jsonb_populate_recordset(NULL::rollup.%1$I, $1))
            SELECT DISTINCT now(), %2$s FROM (%3$s) AS touched',
            of_rollup.parent, columns, public.query_reading(of_rollup, quote_ident(of_rollup.parent)))
        USING changed;
    END IF;
END
$$;
COMMENT ON FUNCTION rollup.find_buckets IS 'The buckets of a rollup of another in which rows of its parent fall: all that its parent''s table has, or some that changed; rows like the last parameter. Example: SELECT * FROM rollup.find_buckets((SELECT rollup FROM rollup WHERE name = ''film_week''), ''[]'', NULL::rollup.film_week_dirty);';

-- What is dirty now, and what that is now: for the views.

CREATE FUNCTION rollup.stale(of_rollup text, target anyelement)
RETURNS SETOF anyelement
LANGUAGE plpgsql STABLE ROWS 10
SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    one rollup;
    over rollup;
    is_touched boolean;
    touched jsonb;
BEGIN
    SELECT * INTO STRICT one FROM rollup WHERE rollup.name = of_rollup;
    IF one.failed_at IS NOT NULL THEN
        RAISE EXCEPTION 'the rollup % is set aside: %', of_rollup, one.last_error
            USING HINT = format('SELECT fullhouse.refresh_rollup(%L) takes it up again.', of_rollup);
    ELSIF one.marked_at IS NULL THEN
        -- Nothing that its table has is known to be right.
        RETURN QUERY EXECUTE format('SELECT DISTINCT now(), %s FROM rollup.%I', name_columns(one.bucket), of_rollup);
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format('SELECT * FROM rollup.%I', of_rollup || '_dirty');
    IF one.parent IS NULL THEN
        IF EXISTS (SELECT FROM dirty_showtime) THEN
            RETURN QUERY EXECUTE format(
                'SELECT marked_at, %s FROM dirty_buckets(ARRAY(SELECT dirty_showtime FROM dirty_showtime))',
                name_columns(one.bucket));
        END IF;
        RETURN;
    END IF;
    SELECT * INTO STRICT over FROM rollup WHERE rollup.name = one.parent;
    EXECUTE format('SELECT $1 OR EXISTS (SELECT FROM rollup.stale(%L, NULL::rollup.%I))', over.name, over.name || '_dirty')
    INTO is_touched USING over.marked_at IS NULL;
    IF is_touched THEN
        EXECUTE format(
            'WITH stale AS MATERIALIZED (SELECT DISTINCT %1$s FROM rollup.stale(%2$L, NULL::rollup.%3$I))
            SELECT coalesce(jsonb_agg(to_jsonb(touched)), ''[]'')
            FROM (
                SELECT kept.* FROM rollup.%4$I AS kept INNER JOIN stale ON %5$s
                UNION ALL
                SELECT * FROM rollup.fresh(%2$L, NULL::rollup.%4$I)
            ) AS touched',
            name_columns(over.bucket), over.name, over.name || '_dirty', over.name,
            equal_columns(over.bucket, 'kept', 'stale'))
        INTO touched;
        RETURN QUERY EXECUTE format('SELECT * FROM rollup.find_buckets($1, $2, NULL::rollup.%I)', of_rollup || '_dirty')
        USING one, touched;
    END IF;
END
$$;
COMMENT ON FUNCTION rollup.stale IS 'The buckets of a rollup that its table does not have as they are now: marked, in the log, or because rows of its parent are; rows like the last parameter. Example: SELECT * FROM rollup.stale(''film_day'', NULL::rollup.film_day_dirty);';

CREATE FUNCTION rollup.fresh(of_rollup text, target anyelement)
RETURNS SETOF anyelement
LANGUAGE plpgsql STABLE ROWS 10
SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    one rollup;
    buckets jsonb;
BEGIN
    SELECT * INTO STRICT one FROM rollup WHERE rollup.name = of_rollup;
    IF one.marked_at IS NULL AND one.failed_at IS NULL THEN
        RETURN QUERY EXECUTE format('SELECT * FROM rollup.compute_all($1, $2, NULL::rollup.%I)', of_rollup)
        USING one, 'fullhouse.' || quote_ident(one.parent);
        RETURN;
    END IF;
    EXECUTE format(
        'SELECT jsonb_agg(to_jsonb(bucket)) FROM (SELECT DISTINCT %s FROM rollup.stale(%L, NULL::rollup.%I)) AS bucket',
        name_columns(one.bucket), of_rollup, of_rollup || '_dirty')
    INTO buckets;
    IF buckets IS NOT NULL THEN
        RETURN QUERY EXECUTE format('SELECT * FROM rollup.compute_buckets($1, $2, $3, NULL::rollup.%I)', of_rollup)
        USING one, 'fullhouse.' || quote_ident(one.parent), buckets;
    END IF;
END
$$;
COMMENT ON FUNCTION rollup.fresh IS 'The rows of the buckets that rollup.stale names, computed now; rows like the last parameter. Example: SELECT * FROM rollup.fresh(''film_day'', NULL::rollup.film_day);';

CREATE FUNCTION write_rollup_view(of_rollup text) RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    one rollup;
BEGIN
    SELECT * INTO STRICT one FROM rollup WHERE rollup.name = of_rollup;
    EXECUTE format(
        'CREATE OR REPLACE VIEW fullhouse.%1$I AS
        SELECT kept.* FROM rollup.%1$I AS kept
        WHERE NOT EXISTS (SELECT FROM rollup.stale(%1$L, NULL::rollup.%2$I) AS stale WHERE %3$s)
        UNION ALL
        SELECT * FROM rollup.fresh(%1$L, NULL::rollup.%1$I)',
        of_rollup, of_rollup || '_dirty', equal_columns(one.bucket, 'stale', 'kept'));
    EXECUTE format('GRANT SELECT ON fullhouse.%1$I, rollup.%1$I TO rollup_runner', of_rollup);
END
$$;
COMMENT ON FUNCTION write_rollup_view IS 'Makes the view of a rollup, or writes it again. Example: SELECT write_rollup_view(''film_day'');';

-- What a query may be.

CREATE FUNCTION check_rollup_query(draft regclass) RETURNS void
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

    -- What is a part of Postgres is not in pg_depend. What is called must give the same for the same rows.
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

    -- It shows all rows, computed by another role: so its author must be one who sees these.
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
COMMENT ON FUNCTION check_rollup_query IS 'Refuses what the query of a rollup may not be, given as a view of it that its author made: what could not be kept up, what is not a part of Postgres or of the inputs, and what the author may not read. Example: SELECT check_rollup_query(''public.showtime_standing'');';

CREATE FUNCTION all_buckets(of_rollup rollup, target anyelement)
RETURNS SETOF anyelement
LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
BEGIN
    IF of_rollup.parent IS NULL THEN
        RETURN QUERY EXECUTE format(
            'SELECT DISTINCT now(), %s
            FROM (SELECT showtime.*, cinema.source_id, cinema.territory
                FROM showtime INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id) AS all_of_it',
            name_columns(of_rollup.bucket));
    ELSE
        RETURN QUERY EXECUTE format('SELECT * FROM rollup.find_buckets($1, NULL, NULL::rollup.%I)', of_rollup.name || '_dirty')
        USING of_rollup;
    END IF;
END
$$;
COMMENT ON FUNCTION all_buckets IS 'Every bucket that a rollup has by what is stored, or by the table of its parent; rows like the last parameter. Example: SELECT count(*) FROM all_buckets((SELECT rollup FROM rollup WHERE name = ''film_day''), NULL::rollup.film_day_dirty);';

CREATE FUNCTION fullhouse.adopt_rollup_draft(name text, keys text[])
RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' SET client_min_messages = warning
AS $$
#variable_conflict use_column
DECLARE
    asked CONSTANT text := adopt_rollup_draft.name;
    made rollup;
    tree text;
    checked oid;
    refused text;
    found_name text;
    count_found bigint;
    marked bigint;
BEGIN
    IF asked IS NULL OR asked !~ '^[a-z][a-z0-9_]{0,39}$' OR asked ~ '_(query|dirty|stale|fresh|idx|pkey)$' THEN
        RAISE EXCEPTION 'a rollup cannot be called %', asked
            USING HINT = 'Up to 40 small letters, digits and underscores.';
    ELSIF to_regclass('public.' || quote_ident(asked)) IS NOT NULL OR to_regclass('fullhouse.' || quote_ident(asked)) IS NOT NULL THEN
        RAISE EXCEPTION 'there is a % already', asked;
    ELSIF to_regclass('rollup.' || quote_ident(asked)) IS NOT NULL OR to_regclass('rollup.' || quote_ident(asked || '_dirty')) IS NOT NULL THEN
        RAISE EXCEPTION 'the tables of the rollup % that was dropped are still there', asked
            USING HINT = 'The leader removes them within seconds, once no transaction reads them: try again.';
    ELSIF coalesce(cardinality(keys), 0) = 0 THEN
        RAISE EXCEPTION 'a rollup needs keys' USING HINT = 'The columns that the query is grouped by.';
    END IF;
    made.name := asked;
    made.keys := keys;
    made.made_by := session_user;

    -- Nobody else sees this view, and whoever wrote it cannot change it before the end.
    SELECT pg_class.oid INTO checked
    FROM pg_class
    INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
    WHERE pg_namespace.nspname = rollup_draft_name() AND pg_class.relname = 'query' AND pg_class.relkind = 'v';
    IF checked IS NULL THEN
        RAISE EXCEPTION 'there is no draft of a rollup in this transaction' USING HINT = 'Call fullhouse.create_rollup.';
    END IF;
    SELECT string_agg(quote_ident(attname), ', ') INTO refused
    FROM pg_attribute
    WHERE attrelid = checked AND attnum > 0 AND (attname !~ '^[a-z_][a-z0-9_]*$' OR attname = 'marked_at');
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'a column of a rollup cannot be called %', refused
            USING HINT = 'Small letters, digits and underscores, and not marked_at.';
    END IF;
    PERFORM check_rollup_query(checked);
    SELECT ev_action::text INTO STRICT tree FROM pg_rewrite WHERE ev_class = checked AND rulename = '_RETURN';

    SELECT string_agg(coalesce(listed.name, 'NULL'), ', ') INTO refused
    FROM unnest(keys) AS listed (name)
    WHERE NOT EXISTS (
        SELECT FROM regexp_matches(tree, ':resname (\S+) :ressortgroupref (\d+)', 'g') AS target (found)
        WHERE target.found[1] = listed.name AND target.found[2] <> '0')
        OR NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = checked AND attname = listed.name AND attnum > 0);
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'the query is not grouped by %', refused
            USING HINT = 'Keys name columns of the answer that stand in GROUP BY.';
    END IF;

    SELECT min(pg_class.relname), count(*) INTO found_name, count_found
    FROM regexp_matches(tree, ':rtekind 0 :relid (\d+)', 'g') AS found (id)
    INNER JOIN pg_class ON pg_class.oid = found.id[1]::oid
    WHERE pg_class.relnamespace = 'fullhouse'::regnamespace;
    -- With no path every relation is written down with its schema.
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    made.query := rtrim(pg_get_viewdef(checked), ';');
    PERFORM set_config('search_path', 'public, pg_temp', true);
    IF count_found = 0 THEN
        made.depth := 0;
        -- A key that is called as what leads from a showtime to its buckets must be that.
        SELECT array_agg(listed.name ORDER BY listed.place) INTO made.bucket
        FROM unnest(keys) WITH ORDINALITY AS listed (name, place)
        WHERE listed.name IN ('showtime_id', 'business_on', 'film_id', 'cinema_id', 'source_id', 'territory')
            AND EXISTS (
                SELECT
                FROM regexp_matches(tree, ':resname (\S+) :ressortgroupref \d+ :resorigtbl (\d+) :resorigcol (\d+)', 'g') AS target (found)
                INNER JOIN pg_attribute
                    ON pg_attribute.attrelid = target.found[2]::oid AND pg_attribute.attnum = target.found[3]::smallint
                WHERE target.found[1] = listed.name AND pg_attribute.attname = listed.name);
        IF made.bucket IS NULL THEN
            RAISE EXCEPTION 'no key leads from a showtime to its rows'
                USING HINT = 'One or more of showtime_id, business_on, film_id, cinema_id, source_id, territory, as they stand in showtime and cinema.';
        END IF;
    ELSIF count_found > 1 OR (SELECT count(DISTINCT found.id[1]) FROM regexp_matches(tree, ':relid (\d+)', 'g') AS found (id)
            WHERE found.id[1]::oid NOT IN (0, checked)) > 1 THEN
        RAISE EXCEPTION 'a rollup of a rollup reads that one alone, once'
            USING HINT = 'Join names when you read it.';
    ELSE
        made.parent := found_name;
        made.bucket := keys;
        -- Its name is replaced where the query is computed over something else.
        IF cardinality(string_to_array(made.query, 'fullhouse.' || quote_ident(made.parent))) <> 2
            OR tree ~ format(':ctename %s ', made.parent) THEN
            RAISE EXCEPTION 'a rollup of % cannot say that name again, in a text, an alias or WITH', made.parent;
        END IF;
        SELECT rollup.depth + 1 INTO STRICT made.depth FROM rollup WHERE rollup.name = made.parent;
    END IF;

    -- In the order of the columns of NAME_dirty.
    made.bucket := ARRAY(
        SELECT attname::text FROM pg_attribute
        WHERE attrelid = checked AND attnum > 0 AND attname = ANY (made.bucket)
        ORDER BY attnum);
    EXECUTE format('CREATE TABLE rollup.%I (%s, CONSTRAINT %I PRIMARY KEY (%s))', asked, (
            SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
            FROM pg_attribute
            WHERE attrelid = checked AND attnum > 0 AND NOT attisdropped),
        asked || '_pkey', name_columns(keys));
    EXECUTE format('DROP SCHEMA %I CASCADE', rollup_draft_name());
    DELETE FROM rollup_draft WHERE schema_name = rollup_draft_name();
    EXECUTE format(
        'CREATE TABLE rollup.%I (marked_at timestamptz NOT NULL DEFAULT now(), %s)
        WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)',
        asked || '_dirty', (
            SELECT string_agg(format('%I %s NOT NULL', attname, format_type(atttypid, -1)), ', ' ORDER BY attnum)
            FROM pg_attribute
            WHERE attrelid = to_regclass(format('rollup.%I', asked)) AND attnum > 0 AND attname = ANY (made.bucket)));
    EXECUTE format('COMMENT ON TABLE rollup.%I IS %L', asked, 'The buckets of the rollup ' || asked || '; read fullhouse.' || asked || '.');
    EXECUTE format('COMMENT ON TABLE rollup.%I IS %L', asked || '_dirty', 'The buckets of the rollup ' || asked || ' that are to be computed again.');

    -- The leader marks its buckets once it sees it: what is stored until then is computed by the view.
    INSERT INTO rollup (name, parent, depth, made_by, keys, bucket, query)
    VALUES (asked, made.parent, made.depth, made.made_by, keys, made.bucket, made.query);
    PERFORM write_rollup_view(asked);
    EXECUTE format('COMMENT ON VIEW fullhouse.%I IS %L', asked,
        format('The rollup %1$s, by %2$s, as of now. Example: SELECT * FROM fullhouse.%1$s LIMIT 10;', asked, array_to_string(keys, ', ')));
    SELECT * INTO STRICT made FROM rollup WHERE rollup.name = asked;
    EXECUTE format('SELECT count(*) FROM all_buckets($1, NULL::rollup.%I)', asked || '_dirty') INTO marked USING made;
    UPDATE rollup SET backfill_buckets = marked WHERE rollup.name = asked;
    -- The first bucket shows that the query runs, and that its keys are keys.
    EXECUTE format(
        'INSERT INTO rollup.%1$I
        SELECT * FROM rollup.compute_buckets($1, $2,
            (SELECT jsonb_agg(to_jsonb(bucket)) FROM (SELECT * FROM all_buckets($1, NULL::rollup.%2$I) LIMIT 1) AS bucket),
            NULL::rollup.%1$I)',
        asked, asked || '_dirty')
    USING made, 'rollup.' || quote_ident(made.parent);
    EXECUTE format('DELETE FROM rollup.%I', asked);
    IF made.parent IS NULL THEN
        INSERT INTO partition_reader (parent, reader, read_until)
        SELECT read.parent, 'rollup ' || asked, '-infinity'
        FROM unnest(ARRAY['job', 'snapshot']) AS read (parent)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN marked;
END
$$;
COMMENT ON FUNCTION fullhouse.adopt_rollup_draft IS 'For fullhouse.create_rollup: makes the rollup of the view query that its caller made in the draft of this transaction. Example: SELECT fullhouse.adopt_rollup_draft(''late_film'', ''{film_id}'');';

CREATE OR REPLACE FUNCTION fullhouse.create_rollup(name text, query text, keys text[])
RETURNS bigint
LANGUAGE plpgsql
-- With the rights of who calls: this is the only statement that a text of a user stands in.
SECURITY INVOKER
SET search_path = fullhouse, analytics, analytics_detail, public, pg_temp SET timezone = 'UTC'
AS $$
#variable_conflict use_variable
BEGIN
    IF strpos(rtrim(query, E'; \n\t'), ';') > 0 THEN
        RAISE EXCEPTION 'the query of a rollup is one SELECT, without a semicolon';
    END IF;
    EXECUTE format(E'CREATE VIEW %I.query AS %s\n', fullhouse.open_rollup_draft(), rtrim(query, E'; \n\t'));
    RETURN fullhouse.adopt_rollup_draft(name, keys);
END
$$;
ALTER FUNCTION fullhouse.create_rollup(text, text, text[]) RESET ALL;
ALTER FUNCTION fullhouse.create_rollup(text, text, text[])
    SET search_path = fullhouse, analytics, analytics_detail, public, pg_temp;
ALTER FUNCTION fullhouse.create_rollup(text, text, text[]) SET timezone = 'UTC';
COMMENT ON FUNCTION fullhouse.create_rollup IS 'Makes a rollup: a name, a SELECT ... GROUP BY over what rollup_input lists or over one other rollup, as far as its caller may read that, and the columns that name a row of it. Every row must be made of the showtimes of its bucket alone. Returns the number of buckets of the past, which the leader fills in batches (see rollup_status); read it as fullhouse.NAME from the start. Example: SELECT fullhouse.create_rollup(''late_film'', ''SELECT film_id, count(*) AS showtimes, sum(admissions) AS admissions FROM showtime_standing WHERE extract(hour FROM starts_at) >= 21 GROUP BY film_id'', ''{film_id}'');';

CREATE OR REPLACE FUNCTION fullhouse.drop_rollup(name text)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    asked CONSTANT text := drop_rollup.name;
    one rollup;
    over text;
BEGIN
    SELECT * INTO one FROM rollup WHERE rollup.name = asked;
    IF one.name IS NULL THEN
        RAISE EXCEPTION 'there is no rollup %', asked;
    ELSIF one.made_by <> session_user AND NOT pg_has_role(session_user, current_user, 'MEMBER') THEN
        RAISE EXCEPTION 'the rollup % was made by %', asked, one.made_by
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT string_agg(rollup.name, ', ') INTO over FROM rollup WHERE rollup.parent = asked;
    IF over IS NOT NULL THEN
        RAISE EXCEPTION 'the rollup % is read by %', asked, over USING HINT = 'Drop these first.';
    END IF;
    -- Its tables are left to the leader, who would wait for them until this transaction ends.
    DELETE FROM rollup WHERE rollup.name = asked;
    IF FOUND THEN
        EXECUTE format('DROP VIEW fullhouse.%I', asked);
        INSERT INTO rollup_dropped (rollup_name) VALUES (asked);
    END IF;
END
$$;
COMMENT ON FUNCTION fullhouse.drop_rollup IS 'Drops a rollup; the leader removes its tables within seconds, and then there is no trace of it. For whoever made it, and for the owner of the database. Example: SELECT fullhouse.drop_rollup(''late_film'');';

CREATE OR REPLACE FUNCTION fullhouse.refresh_rollup(name text)
RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    asked CONSTANT text := refresh_rollup.name;
    line text[];
BEGIN
    WITH RECURSIVE above AS (
        SELECT rollup.name, rollup.parent FROM rollup WHERE rollup.name = asked
        UNION ALL
        SELECT rollup.name, rollup.parent FROM above INNER JOIN rollup ON rollup.name = above.parent
    )
    SELECT array_agg(above.name) INTO line FROM above;
    IF line IS NULL THEN
        RAISE EXCEPTION 'there is no rollup %', asked;
    END IF;
    INSERT INTO rollup_request (rollup_name)
    SELECT rollup.name FROM rollup WHERE rollup.name = ANY (line) AND rollup.failed_at IS NOT NULL;
    RETURN coalesce((SELECT sum(backlog.entries) FROM rollup_backlog() AS backlog WHERE backlog.name = ANY (line)), 0);
END
$$;
COMMENT ON FUNCTION fullhouse.refresh_rollup IS 'Asks the leader to take up a rollup that was set aside, and those that it reads, which it does within seconds of the end of this transaction. Returns how many entries of the log and buckets of these are to be read yet; the view is exact meanwhile. Example: SELECT fullhouse.refresh_rollup(''film_day'');';

-- The leader.

CREATE OR REPLACE FUNCTION mark_all(of_rollup text)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    one rollup;
    buckets bigint;
BEGIN
    SELECT * INTO STRICT one FROM rollup WHERE name = of_rollup;
    -- Buckets that are no more are computed as well, to nothing.
    EXECUTE format(
        'INSERT INTO rollup.%1$I (%2$s)
        SELECT %2$s FROM all_buckets($1, NULL::rollup.%1$I) AS named UNION SELECT %2$s FROM rollup.%3$I',
        of_rollup || '_dirty', name_columns(one.bucket), of_rollup)
    USING one;
    GET DIAGNOSTICS buckets = ROW_COUNT;
    UPDATE rollup SET backfill_buckets = buckets, backfilled_at = NULL, marked_at = now() WHERE name = of_rollup;
    RETURN buckets;
END
$$;

CREATE OR REPLACE FUNCTION set_rollup_aside(of_rollup text, error text)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
    -- Not waited for: who drops it may do so in a transaction that stays open.
    PERFORM FROM rollup WHERE name = of_rollup AND failed_at IS NULL FOR NO KEY UPDATE SKIP LOCKED;
    IF FOUND THEN
        UPDATE rollup SET failed_at = now(), last_error = left(error, 1000), marked_at = NULL WHERE name = of_rollup;
        -- Nobody computes these; all is marked when it is taken up again.
        EXECUTE format('DELETE FROM rollup.%I', of_rollup || '_dirty');
    ELSE
        INSERT INTO rollup_request (rollup_name, is_forced)
        SELECT name, true FROM rollup WHERE name = of_rollup AND failed_at IS NULL;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION mark_children(of_rollup text, changed jsonb)
RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    child rollup;
BEGIN
    FOR child IN SELECT * FROM rollup WHERE parent = of_rollup AND failed_at IS NULL LOOP
        BEGIN
            -- The child's own query over the rows that changed tells into which of its buckets they fall.
            EXECUTE format(
                'INSERT INTO rollup.%1$I (%2$s) SELECT %2$s FROM rollup.find_buckets($1, $2, NULL::rollup.%1$I) AS named',
                child.name || '_dirty', name_columns(child.bucket))
            USING child, changed;
        EXCEPTION WHEN OTHERS OR query_canceled THEN
            -- What the query of a child does is no fault of its parent.
            IF left(SQLSTATE, 2) IN ('40', '53', '57', '58', 'XX') AND SQLSTATE <> '57014' THEN
                RAISE;
            ELSIF EXISTS (SELECT FROM rollup WHERE name = child.name) THEN
                PERFORM set_rollup_aside(child.name, SQLERRM);
            END IF;
        END;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION spread_dirty(most integer DEFAULT 20000)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    taken dirty_showtime[];
    one rollup;
BEGIN
    -- One at a time, and none while all of a rollup is marked, which would miss what is taken now.
    PERFORM FROM rollup_spreader FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    PERFORM attend_rollups();
    WITH gone AS (
        DELETE FROM dirty_showtime AS entry
        WHERE entry.ctid = ANY (ARRAY(SELECT ctid FROM dirty_showtime LIMIT most))
        RETURNING entry
    )
    SELECT array_agg(gone.entry) INTO taken FROM gone;
    IF taken IS NULL THEN
        RETURN 0;
    END IF;
    FOR one IN SELECT * FROM rollup WHERE parent IS NULL AND failed_at IS NULL LOOP
        EXECUTE format(
            'INSERT INTO rollup.%I (marked_at, %2$s) SELECT min(marked_at), %2$s FROM dirty_buckets($1) GROUP BY %2$s',
            one.name || '_dirty', name_columns(one.bucket))
        USING taken;
    END LOOP;
    RETURN cardinality(taken);
END
$$;

CREATE FUNCTION attend_rollups() RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp SET client_min_messages = warning
AS $$
DECLARE
    one text;
BEGIN
    IF EXISTS (SELECT FROM rollup_request) THEN
        FOR one IN
            SELECT rollup.name
            FROM rollup
            WHERE EXISTS (
                SELECT FROM rollup_request AS request
                WHERE request.rollup_name = rollup.name AND (request.is_forced OR rollup.failed_at IS NOT NULL))
            FOR NO KEY UPDATE SKIP LOCKED
        LOOP
            UPDATE rollup SET failed_at = NULL, last_error = NULL, marked_at = NULL, backfilled_at = NULL WHERE name = one;
            DELETE FROM rollup_request WHERE rollup_name = one;
            -- From now on it holds partitions again.
            PERFORM note_rollups_read();
        END LOOP;
        DELETE FROM rollup_request AS request
        WHERE NOT EXISTS (
            SELECT FROM rollup
            WHERE rollup.name = request.rollup_name AND (request.is_forced OR rollup.failed_at IS NOT NULL));
    END IF;
    FOR one IN SELECT DISTINCT rollup_name FROM rollup_dropped LOOP
        BEGIN
            -- Who reads one of them in an open transaction is not waited for.
            IF to_regclass(format('rollup.%I', one)) IS NOT NULL THEN
                EXECUTE format('LOCK TABLE rollup.%I, rollup.%I IN ACCESS EXCLUSIVE MODE NOWAIT', one, one || '_dirty');
                EXECUTE format('DROP TABLE rollup.%I, rollup.%I', one, one || '_dirty');
            END IF;
            IF to_regclass(format('rollup.%I', one || '_idx')) IS NOT NULL THEN
                EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', (
                    SELECT indrelid::regclass FROM pg_index WHERE indexrelid = to_regclass(format('rollup.%I', one || '_idx'))));
                EXECUTE format('DROP INDEX rollup.%I', one || '_idx');
            END IF;
            DELETE FROM partition_reader WHERE reader = 'rollup ' || one;
            DELETE FROM rollup_dropped WHERE rollup_name = one;
        EXCEPTION WHEN lock_not_available THEN
            NULL;
        END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION attend_rollups IS 'Takes up rollups that were asked for, and removes the tables of those that were dropped and that nobody reads; for spread_dirty. Example: SELECT attend_rollups();';

CREATE FUNCTION index_parent(of_rollup rollup) RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    columns text[];
BEGIN
    -- A child finds the rows of its bucket in the parent by their columns, where no key of it does.
    SELECT array_agg(listed.name ORDER BY listed.place) INTO columns
    FROM unnest(of_rollup.keys) WITH ORDINALITY AS listed (name, place)
    INNER JOIN pg_attribute
        ON pg_attribute.attrelid = to_regclass(format('rollup.%I', of_rollup.parent)) AND pg_attribute.attname = listed.name;
    IF columns IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_index
        INNER JOIN pg_attribute ON pg_attribute.attrelid = pg_index.indrelid AND pg_attribute.attnum = pg_index.indkey[0]
        WHERE pg_index.indrelid = to_regclass(format('rollup.%I', of_rollup.parent)) AND pg_attribute.attname = ANY (columns)
    ) THEN
        EXECUTE format('CREATE INDEX %I ON rollup.%I (%s)', of_rollup.name || '_idx', of_rollup.parent, name_columns(columns));
    END IF;
END
$$;
COMMENT ON FUNCTION index_parent IS 'Makes an index of the table that a rollup of a rollup reads, where none serves its buckets. Example: SELECT index_parent(rollup) FROM rollup WHERE name = ''film_week'';';

CREATE OR REPLACE FUNCTION refresh_buckets(of_rollup text, most integer DEFAULT 200)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    one rollup;
    taken jsonb;
    gone jsonb;
    added jsonb;
    is_clean boolean;
BEGIN
    SELECT * INTO one FROM rollup WHERE name = of_rollup AND failed_at IS NULL FOR NO KEY UPDATE SKIP LOCKED;
    IF one.name IS NULL THEN
        RETURN NULL;
    END IF;
    IF one.marked_at IS NULL THEN
        -- No entry of the log is taken, and no row of the parent changed, until this is committed:
        -- what comes later, or is not seen here, is then marked for this rollup as well.
        PERFORM FROM rollup_spreader FOR UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        IF one.parent IS NOT NULL THEN
            PERFORM FROM rollup WHERE name = one.parent FOR NO KEY UPDATE SKIP LOCKED;
            IF NOT FOUND THEN
                RETURN NULL;
            END IF;
            PERFORM index_parent(one);
        END IF;
        PERFORM mark_all(of_rollup);
        SELECT * INTO STRICT one FROM rollup WHERE name = of_rollup;
    END IF;
    EXECUTE format(
        'WITH gone AS (
            DELETE FROM rollup.%1$I WHERE ctid = ANY (ARRAY(SELECT ctid FROM rollup.%1$I LIMIT $1)) RETURNING %2$s
        )
        SELECT jsonb_agg(to_jsonb(bucket)) FROM (SELECT DISTINCT %2$s FROM gone) AS bucket',
        of_rollup || '_dirty', name_columns(one.bucket))
    INTO taken USING most;
    IF taken IS NULL AND one.backfilled_at IS NOT NULL THEN
        RETURN 0;
    END IF;
    -- Each of these sees what was committed before it began, and so at least all that the
    -- entries were left for.
    EXECUTE format(
        'WITH gone AS (
            DELETE FROM rollup.%1$I AS kept
            USING jsonb_populate_recordset(NULL::rollup.%2$I, $1) AS dirty
            WHERE %3$s
            RETURNING kept.*
        )
        SELECT coalesce(jsonb_agg(to_jsonb(gone)), ''[]'') FROM gone',
        of_rollup, of_rollup || '_dirty', equal_columns(one.bucket, 'kept', 'dirty'))
    INTO gone USING taken;
    EXECUTE format(
        'WITH added AS (
            INSERT INTO rollup.%1$I
            SELECT * FROM rollup.compute_buckets($1, $2, $3, NULL::rollup.%1$I)
            RETURNING *
        )
        SELECT coalesce(jsonb_agg(to_jsonb(added)), ''[]'') FROM added',
        of_rollup)
    INTO added USING one, 'rollup.' || quote_ident(one.parent), taken;
    IF gone <> added AND EXISTS (SELECT FROM rollup WHERE parent = of_rollup) THEN
        PERFORM mark_children(of_rollup, changed.rows)
        FROM (
            SELECT jsonb_agg(row.value) AS rows
            FROM (
                (SELECT value FROM jsonb_array_elements(gone) EXCEPT SELECT value FROM jsonb_array_elements(added))
                UNION ALL
                (SELECT value FROM jsonb_array_elements(added) EXCEPT SELECT value FROM jsonb_array_elements(gone))
            ) AS row (value)
        ) AS changed
        WHERE changed.rows IS NOT NULL;
    END IF;
    EXECUTE format('SELECT NOT EXISTS (SELECT FROM rollup.%I)', of_rollup || '_dirty') INTO is_clean;
    IF is_clean THEN
        UPDATE rollup
        SET refreshed_at = now(), backfilled_at = coalesce(backfilled_at, now())
        WHERE name = of_rollup;
    END IF;
    RETURN coalesce(jsonb_array_length(taken), 0);
END
$$;

CREATE OR REPLACE FUNCTION rollups_due()
RETURNS SETOF text
LANGUAGE plpgsql STABLE
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    one rollup;
    is_due boolean;
    listed text[] := '{}';
BEGIN
    FOR one IN SELECT * FROM rollup WHERE failed_at IS NULL ORDER BY depth, name LOOP
        is_due := one.parent = ANY (listed) OR one.marked_at IS NULL;
        IF is_due IS NOT TRUE THEN
            BEGIN
                EXECUTE format('SELECT EXISTS (SELECT FROM rollup.%I)', one.name || '_dirty') INTO is_due;
            EXCEPTION WHEN undefined_table THEN
                CONTINUE;
            END;
        END IF;
        IF is_due THEN
            listed := listed || one.name;
            RETURN NEXT one.name;
        END IF;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION note_rollups_read()
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    one rollup;
    oldest timestamptz;
BEGIN
    FOR one IN SELECT * FROM rollup WHERE parent IS NULL LOOP
        IF one.failed_at < now() - interval '7 days' THEN
            DELETE FROM partition_reader WHERE reader = 'rollup ' || one.name;
        ELSIF one.failed_at IS NULL THEN
            BEGIN
                EXECUTE format(
                    'SELECT least((SELECT min(marked_at) FROM rollup.%I), (SELECT min(marked_at) FROM dirty_showtime), now())',
                    one.name || '_dirty')
                INTO oldest;
            EXCEPTION WHEN undefined_table THEN
                CONTINUE;
            END;
            -- What was begun before and is not stored yet ends within minutes.
            INSERT INTO partition_reader AS known (parent, reader, read_until)
            SELECT read.parent, 'rollup ' || one.name,
                CASE WHEN one.backfilled_at IS NULL THEN '-infinity' ELSE oldest - interval '1 hour' END
            FROM unnest(ARRAY['job', 'snapshot']) AS read (parent)
            ON CONFLICT (parent, reader) DO UPDATE SET read_until = excluded.read_until
            WHERE known.read_until <> excluded.read_until;
        END IF;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION rollup_backlog()
RETURNS TABLE (name text, entries bigint, oldest_at timestamptz, bytes bigint, rows_estimated bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    one rollup;
BEGIN
    FOR one IN SELECT * FROM rollup LOOP
        BEGIN
            RETURN QUERY EXECUTE format(
                'SELECT %1$L::text, own.waiting + log.waiting, least(own.oldest_at, log.oldest_at),
                    pg_total_relation_size(%2$L::regclass), (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %2$L::regclass)
                FROM (SELECT count(*) + $1 AS waiting, min(marked_at) AS oldest_at FROM rollup.%3$I) AS own
                CROSS JOIN (SELECT count(*) AS waiting, min(marked_at) AS oldest_at FROM dirty_showtime WHERE %4$L) AS log',
                one.name, format('rollup.%I', one.name), one.name || '_dirty', one.parent IS NULL)
            -- Until they are marked, all buckets wait.
            USING CASE WHEN one.marked_at IS NULL AND one.failed_at IS NULL THEN one.backfill_buckets ELSE 0 END;
        EXCEPTION WHEN undefined_table THEN
            CONTINUE;
        END;
    END LOOP;
END
$$;

-- Computed columns: their expressions are run by whoever computes, so only the owner may write them.

CREATE FUNCTION guard_expressions() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    IF NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
        RAISE EXCEPTION 'only the owner of % may write what is computed', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION guard_expressions IS 'Refuses texts that are run as SQL from all but the owner of the table, whatever rights on it others have. Example: UPDATE materialised_column SET expression = ''1'' WHERE column_name = ''weekday'';';
CREATE TRIGGER guard_expressions BEFORE INSERT OR UPDATE OF table_name, column_name, expression ON materialised_column
    FOR EACH ROW EXECUTE FUNCTION guard_expressions();
CREATE TRIGGER guard_expressions BEFORE INSERT OR UPDATE OF name, key_column, of_table, dependents ON materialised_table
    FOR EACH ROW EXECUTE FUNCTION guard_expressions();

CREATE OR REPLACE FUNCTION materialise_column(watched_table text, new_column text, column_type text, new_expression text)
RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM FROM materialised_table WHERE name = watched_table FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no table % in materialised_table', watched_table;
    ELSIF strpos(new_expression, ';') > 0 THEN
        RAISE EXCEPTION 'an expression has no semicolon';
    END IF;
    EXECUTE format('ALTER TABLE %I ADD COLUMN IF NOT EXISTS %I %s', watched_table, new_column, column_type::regtype);
    -- Refused now rather than by the first coordinator; and what is not one value, such as the
    -- value of one column and that of another.
    EXECUTE format(E'EXPLAIN UPDATE %I AS fact SET %I = (%s\n)', watched_table, new_column, new_expression);
    EXECUTE format(E'EXPLAIN SELECT (SELECT (%1$s\n)), (%1$s\n), 1 FROM %2$I AS fact', new_expression, watched_table);
    INSERT INTO materialised_column (table_name, column_name, expression)
    -- A comment at its end would take what follows along.
    VALUES (watched_table, new_column, new_expression || CASE WHEN strpos(new_expression, '--') > 0 THEN E'\n' ELSE '' END)
    ON CONFLICT (table_name, column_name) DO UPDATE
    SET expression = excluded.expression,
        defined_at = now(),
        backfilled_at = NULL,
        backfilled_through = -9223372036854775808,
        backfilled_rows = 0;
    UPDATE materialised_table SET paused_until = NULL, pause_reason = NULL WHERE name = watched_table;
END
$$;
REVOKE EXECUTE ON FUNCTION materialise_column, guard_expressions FROM PUBLIC;

-- The role.

CREATE FUNCTION prepare_rollup_runner() RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    owner CONSTANT name := (SELECT relowner::regrole::name FROM pg_class WHERE oid = 'rollup'::regclass);
    hint CONSTANT text := format('As a superuser: CREATE ROLE rollup_runner; GRANT rollup_runner TO %I;', current_user);
    one record;
BEGIN
    -- Several databases of one server may make it at the same time.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rollup_runner') THEN
        BEGIN
            CREATE ROLE rollup_runner NOLOGIN;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN
                NULL;
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'there is no role rollup_runner, and % may not make it', current_user USING HINT = hint;
        END;
    END IF;
    IF EXISTS (
        SELECT FROM pg_roles
        WHERE rolname = 'rollup_runner'
            AND (rolsuper OR rolcanlogin OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication
                OR EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid)))
    THEN
        RAISE EXCEPTION 'the role rollup_runner may do more than compute rollups'
            USING HINT = 'It may not log in, is a member of no role, and has no attribute such as SUPERUSER.';
    END IF;
    FOR one IN
        SELECT pg_proc.oid::regprocedure AS called, pg_proc.proowner = 'rollup_runner'::regrole AS is_given
        FROM pg_proc
        WHERE pg_proc.pronamespace = 'rollup'::regnamespace
            AND pg_proc.proname IN ('compute_all', 'compute_buckets', 'find_buckets')
            AND (pg_proc.proowner <> 'rollup_runner'::regrole OR NOT has_function_privilege(owner, pg_proc.oid, 'EXECUTE'))
    LOOP
        -- Since Postgres 16 who makes a role is its administrator, and no more before it says so.
        IF NOT pg_has_role('rollup_runner', 'USAGE')
            OR current_setting('server_version_num')::integer >= 160000 AND NOT pg_has_role('rollup_runner', 'SET') THEN
            BEGIN
                EXECUTE format('GRANT rollup_runner TO %I', current_user);
            EXCEPTION
                WHEN unique_violation OR internal_error THEN
                    NULL;
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION 'the role rollup_runner is there, and % may not give it functions', current_user
                        USING HINT = hint;
            END;
        END IF;
        IF NOT one.is_given THEN
            GRANT CREATE ON SCHEMA rollup TO rollup_runner;
            EXECUTE format('ALTER FUNCTION %s OWNER TO rollup_runner', one.called);
            REVOKE CREATE ON SCHEMA rollup FROM rollup_runner;
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', one.called);
        END IF;
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', one.called, owner);
    END LOOP;

    -- It reads what a query may name, and what the views among these read with its rights.
    GRANT USAGE ON SCHEMA public, fullhouse, rollup TO rollup_runner;
    FOR one IN SELECT nspname FROM pg_namespace WHERE nspname IN ('analytics', 'analytics_detail') LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO rollup_runner', one.nspname);
    END LOOP;
    FOR one IN
        SELECT pg_class.oid::regclass AS relation, NULL AS columns
        FROM pg_class
        INNER JOIN rollup_input ON rollup_input.name = pg_class.relname AND NOT rollup_input.is_function
        WHERE pg_class.relnamespace::regnamespace::text IN ('public', 'analytics', 'analytics_detail')
        UNION ALL
        SELECT pg_class.oid::regclass, NULL
        FROM rollup
        CROSS JOIN unnest(ARRAY['rollup', 'fullhouse']) AS home (name)
        INNER JOIN pg_class ON pg_class.oid = to_regclass(format('%I.%I', home.name, rollup.name))
        UNION ALL
        SELECT reached.relation, ' (' || string_agg(quote_ident(reached.column_name), ', ') || ')'
        FROM view_dependencies(ARRAY(
            SELECT pg_class.oid::regclass
            FROM pg_class
            INNER JOIN rollup_input ON rollup_input.name = pg_class.relname AND NOT rollup_input.is_function
            WHERE pg_class.relnamespace::regnamespace::text IN ('public', 'analytics', 'analytics_detail')
                AND pg_class.relkind = 'v')) AS reached
        GROUP BY reached.relation
    LOOP
        EXECUTE format('GRANT SELECT%s ON %s TO rollup_runner', one.columns, one.relation);
    END LOOP;
END
$$;
COMMENT ON FUNCTION prepare_rollup_runner IS 'Makes the role rollup_runner where it is missing, and gives it the functions that compute rollups and what these read. Safe to repeat. It needs CREATEROLE, or the role and membership in it. Example: SELECT prepare_rollup_runner();';

CREATE OR REPLACE FUNCTION fullhouse.grant_rollups(grantee name)
RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM prepare_rollup_runner();
    EXECUTE format('GRANT USAGE ON SCHEMA fullhouse TO %I', grantee);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA fullhouse TO %I', grantee);
    -- Those that are made later as well: by functions of the owner, whoever calls this.
    EXECUTE format(
        'ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA fullhouse GRANT SELECT ON TABLES TO %I',
        (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'rollup'::regclass), grantee);
    EXECUTE format(
        'GRANT EXECUTE ON FUNCTION fullhouse.create_rollup, fullhouse.drop_rollup, fullhouse.refresh_rollup,
            fullhouse.open_rollup_draft, fullhouse.adopt_rollup_draft TO %I', grantee);
    -- Who reads has no tables, types or functions of its own.
    EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC, %I', current_database(), grantee);
END
$$;
COMMENT ON FUNCTION fullhouse.grant_rollups IS 'Lets a role, such as analysts, read all rollups and make its own of what it may read; called by the owner of the database. It takes from all but the owner the right to make temporary tables. Example: SELECT fullhouse.grant_rollups(''analyst'');';

-- Who may call what. The views of rollups call rollup.stale and rollup.fresh with the rights of
-- who reads, as views and policies do unseal and others; nobody but the fleet can name them.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA fullhouse FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION
    drop_rollup_draft, spread_dirty, refresh_buckets, mark_all, mark_children, rollups_due, set_rollup_aside,
    note_rollups_read, attend_rollups, index_parent, write_rollup_view, check_rollup_query, prepare_rollup_runner,
    rollup.compute_all, rollup.compute_buckets, rollup.find_buckets
FROM PUBLIC;
DO $$
DECLARE
    one record;
BEGIN
    -- Before, a column could be of a type of anybody, whose checks run wherever its values are read.
    FOR one IN
        WITH RECURSIVE foreign_type AS (
            SELECT rollup.name, rollup.depth
            FROM rollup
            WHERE to_regclass(format('rollup.%I', rollup.name)) IS NULL
                OR to_regclass(format('rollup.%I', rollup.name || '_dirty')) IS NULL
                OR to_regclass(format('fullhouse.%I', rollup.name)) IS NULL
                OR EXISTS (
                    SELECT
                    FROM pg_attribute
                    INNER JOIN pg_type ON pg_type.oid = pg_attribute.atttypid
                    WHERE pg_attribute.attrelid = to_regclass(format('rollup.%I', rollup.name)) AND pg_attribute.attnum > 0
                        AND NOT pg_attribute.attisdropped
                        AND pg_type.typnamespace <> 'pg_catalog'::regnamespace
                        AND NOT (pg_type.typtype = 'e' AND pg_type.typnamespace = 'public'::regnamespace))
            UNION
            SELECT rollup.name, rollup.depth FROM foreign_type INNER JOIN rollup ON rollup.parent = foreign_type.name
        )
        SELECT name FROM foreign_type ORDER BY depth DESC
    LOOP
        RAISE WARNING 'the rollup % has a column whose type is no part of Postgres, and is dropped', one.name;
        EXECUTE format('DROP VIEW IF EXISTS fullhouse.%I', one.name);
        EXECUTE format('DROP FUNCTION IF EXISTS rollup.%I, rollup.%I', one.name || '_fresh', one.name || '_stale');
        EXECUTE format('DROP TABLE IF EXISTS rollup.%I, rollup.%I', one.name, one.name || '_dirty');
        EXECUTE format('DROP INDEX IF EXISTS rollup.%I', one.name || '_idx');
        DELETE FROM partition_reader WHERE reader = 'rollup ' || one.name;
        DELETE FROM rollup WHERE name = one.name;
    END LOOP;
    PERFORM prepare_rollup_runner();
    FOR one IN
        SELECT held.grantee::regrole AS role
        FROM pg_proc
        CROSS JOIN LATERAL aclexplode(pg_proc.proacl) AS held
        WHERE pg_proc.oid = 'fullhouse.create_rollup'::regproc AND held.grantee <> pg_proc.proowner
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION fullhouse.open_rollup_draft, fullhouse.adopt_rollup_draft TO %s', one.role);
        EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC, %s', current_database(), one.role);
    END LOOP;
    -- What there is so far is computed by the role from now on.
    FOR one IN SELECT name FROM rollup LOOP
        PERFORM write_rollup_view(one.name);
        EXECUTE format('DROP FUNCTION rollup.%I, rollup.%I', one.name || '_fresh', one.name || '_stale');
    END LOOP;
END
$$;
