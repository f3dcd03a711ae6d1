CREATE OR REPLACE FUNCTION apply_access()
RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    one record;
    uncovered text;
    columns text;
BEGIN
    -- Two databases of one server may make the roles at the same time.
    FOREACH columns IN ARRAY ARRAY['fullhouse_analyst', 'fullhouse_partner'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = columns);
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', columns);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
    LOCK TABLE view_audience IN SHARE ROW EXCLUSIVE MODE;

    -- A table that partners read must have a row scope.
    SELECT string_agg(DISTINCT reached.relation::text, ', ') INTO uncovered
    FROM view_dependencies(ARRAY(
        SELECT to_regclass(quote_ident(view_name)) FROM view_audience WHERE audience = 'partners')) AS reached
    INNER JOIN pg_class ON pg_class.oid = reached.relation
    WHERE pg_class.relkind <> 'v'
        AND (pg_class.relkind NOT IN ('r', 'p')
            OR NOT EXISTS (SELECT FROM row_scope WHERE row_scope.table_name = pg_class.relname));
    IF uncovered IS NOT NULL THEN
        RAISE EXCEPTION 'a view for partners reads %, of which nothing says whose the rows are', uncovered
            USING HINT = 'INSERT INTO row_scope (table_name, by_column) in the migration that makes it, with showtime_id, cinema_id, film_id or source_id; a materialised view cannot be for partners.';
    END IF;

    -- Policies. Owners, and roles that are not partners, pass by a constant.
    FOR one IN
        SELECT
            row_scope.table_name,
            condition.text,
            'partner_' || left(md5(condition.text), 8) AS policy_name
        FROM row_scope
        CROSS JOIN LATERAL (
            SELECT scope_condition(row_scope.table_name, row_scope.by_column) AS text
        ) AS condition
        WHERE NOT EXISTS (
            SELECT FROM pg_policy
            WHERE polrelid = to_regclass(quote_ident(row_scope.table_name))
                AND polname = 'partner_' || left(md5(condition.text), 8))
    LOOP
        FOR columns IN
            SELECT polname FROM pg_policy WHERE polrelid = to_regclass(quote_ident(one.table_name))
        LOOP
            EXECUTE format('DROP POLICY %I ON %I', columns, one.table_name);
        END LOOP;
        EXECUTE format('CREATE POLICY everybody ON %I USING (true)', one.table_name);
        EXECUTE format(
            'CREATE POLICY %I ON %I AS RESTRICTIVE FOR SELECT TO fullhouse_partner USING (%s)',
            one.policy_name, one.table_name, one.text);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', one.table_name);
    END LOOP;

    -- The schema public is the fleet's: a role with rights on its tables may still use it.
    FOR one IN
        SELECT DISTINCT pg_roles.rolname
        FROM pg_class
        CROSS JOIN LATERAL aclexplode(pg_class.relacl) AS held
        INNER JOIN pg_roles ON pg_roles.oid = held.grantee
        WHERE pg_class.relnamespace = 'public'::regnamespace
            AND pg_roles.rolname NOT IN ('fullhouse_analyst', 'fullhouse_partner')
            AND pg_class.relowner <> held.grantee
    LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', one.rolname);
    END LOOP;
    REVOKE ALL ON SCHEMA public FROM PUBLIC, fullhouse_analyst, fullhouse_partner;
    REVOKE ALL ON ALL TABLES IN SCHEMA public FROM fullhouse_analyst, fullhouse_partner;

    CREATE SCHEMA IF NOT EXISTS analytics;
    CREATE SCHEMA IF NOT EXISTS analytics_detail;
    COMMENT ON SCHEMA analytics IS 'Views for analysts and partners; a tool may read them as a whole.';
    COMMENT ON SCHEMA analytics_detail IS 'Views with a row per seat: name showtimes, and keep a tool from reading them as a whole.';
    GRANT USAGE ON SCHEMA analytics, analytics_detail TO fullhouse_analyst, fullhouse_partner;

    -- Views that are no longer for them, or are now in the other schema.
    FOR one IN
        SELECT pg_class.oid::regclass AS relation
        FROM pg_class
        WHERE pg_class.relnamespace IN ('analytics'::regnamespace, 'analytics_detail'::regnamespace)
            AND pg_class.relkind = 'v'
            AND pg_class.relowner = (SELECT relowner FROM pg_class WHERE oid = 'view_audience'::regclass)
            AND NOT EXISTS (
                SELECT FROM view_audience
                WHERE view_audience.view_name = pg_class.relname
                    AND view_audience.schema_name::regnamespace = pg_class.relnamespace
                    AND view_audience.audience <> 'operators')
    LOOP
        EXECUTE format('DROP VIEW %s', one.relation);
    END LOOP;

    FOR one IN
        SELECT view_audience.schema_name, view_audience.view_name, view_audience.audience,
            pg_class.relkind, pg_class.oid
        FROM view_audience
        LEFT JOIN pg_class
            ON pg_class.relname = view_audience.view_name AND pg_class.relnamespace = 'public'::regnamespace
        WHERE view_audience.audience <> 'operators'
    LOOP
        IF one.oid IS NULL THEN
            RAISE EXCEPTION 'view_audience names a view % that is not there', one.view_name;
        END IF;
        IF one.relkind = 'v' THEN
            EXECUTE format('ALTER VIEW %I SET (security_invoker = true)', one.view_name);
        END IF;
        SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
        FROM pg_attribute
        WHERE attrelid = one.oid AND attnum > 0 AND NOT attisdropped;
        EXECUTE format(
            'CREATE OR REPLACE VIEW %I.%I WITH (security_invoker = true) AS SELECT %s FROM public.%I',
            one.schema_name, one.view_name, columns, one.view_name);
        EXECUTE format(
            'COMMENT ON VIEW %I.%I IS %L',
            one.schema_name, one.view_name, obj_description(one.oid, 'pg_class'));
        FOR columns IN
            SELECT format(
                'COMMENT ON COLUMN %I.%I.%I IS %L',
                one.schema_name, one.view_name, attname, col_description(one.oid, attnum))
            FROM pg_attribute
            WHERE attrelid = one.oid AND attnum > 0 AND NOT attisdropped
                AND col_description(one.oid, attnum) IS NOT NULL
        LOOP
            EXECUTE columns;
        END LOOP;
        EXECUTE format(
            'REVOKE ALL ON %1$I.%2$I FROM fullhouse_analyst, fullhouse_partner', one.schema_name, one.view_name);
        EXECUTE format(
            'GRANT SELECT ON %I.%I TO fullhouse_analyst%s',
            one.schema_name, one.view_name,
            CASE WHEN one.audience = 'partners' THEN ', fullhouse_partner' ELSE '' END);
    END LOOP;

    -- Views run with the rights of the caller, who needs rights on the columns that the views read, and no others.
    FOR one IN
        SELECT held.role_name, reached.relation, string_agg(quote_ident(reached.column_name), ', ') AS columns
        FROM (VALUES ('fullhouse_analyst', ARRAY['analysts', 'partners']), ('fullhouse_partner', ARRAY['partners']))
            AS held (role_name, audiences)
        CROSS JOIN LATERAL view_dependencies(ARRAY(
            SELECT format('%I.%I', schema_name, view_name)::regclass
            FROM view_audience WHERE audience = ANY (held.audiences))) AS reached
        GROUP BY held.role_name, reached.relation
    LOOP
        EXECUTE format('GRANT SELECT (%s) ON %s TO %I', one.columns, one.relation, one.role_name);
    END LOOP;
    -- The policies ask for these.
    GRANT SELECT (showtime_id, film_id) ON showtime TO fullhouse_partner;
    GRANT SELECT (cinema_id) ON cinema TO fullhouse_partner;
    GRANT SELECT (film_id) ON film TO fullhouse_partner;

    -- It has parameters, so it cannot be a view.
    CREATE OR REPLACE FUNCTION analytics_detail.seat_snapshots_between(from_at timestamptz, until_at timestamptz)
    RETURNS SETOF public.seat_snapshot
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT * FROM public.seat_snapshots_between(from_at, until_at);
    END;
    COMMENT ON FUNCTION analytics_detail.seat_snapshots_between IS 'The rows of seat_snapshot from one time until before another, by the index of the time. Example: SELECT sum(sold) FROM seat_snapshots_between(now() - interval ''1 hour'', now());';
    GRANT SELECT (last_observed_at) ON sealed_showtime TO fullhouse_analyst, fullhouse_partner;

    -- These have parameters as well, and show all rows, so they are for analysts alone.
    CREATE OR REPLACE FUNCTION analytics_detail.lineage(
        of_showtime integer DEFAULT NULL,
        of_seat text DEFAULT NULL,
        as_of timestamptz DEFAULT NULL,
        of_price boolean DEFAULT false,
        of_cinema integer DEFAULT NULL,
        of_film integer DEFAULT NULL,
        of_job bigint DEFAULT NULL
    )
    RETURNS TABLE (
        data_point text, seen_at timestamptz, generation integer, job_id bigint, source text,
        step text, key text, outcome public.job_outcome, finished_at timestamptz, pod text,
        definition_version integer, request_url text, http_status smallint,
        response_bytes integer, body_hash bytea, error text, log_lines jsonb
    )
    LANGUAGE sql STABLE ROWS 3
    BEGIN ATOMIC
        SELECT * FROM public.lineage(of_showtime, of_seat, as_of, of_price, of_cinema, of_film, of_job);
    END;
    CREATE OR REPLACE FUNCTION analytics_detail.descendants(
        of_job bigint, generations integer DEFAULT 1, at_most integer DEFAULT 1000
    )
    RETURNS TABLE (
        generation integer, task_id bigint, source text, step text, key text, subject_id integer,
        runs bigint, last_job_id bigint, last_outcome public.job_outcome, last_finished_at timestamptz
    )
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT * FROM public.descendants(of_job, generations, at_most);
    END;
    EXECUTE format('COMMENT ON FUNCTION analytics_detail.lineage IS %L', obj_description('public.lineage'::regproc, 'pg_proc'));
    EXECUTE format('COMMENT ON FUNCTION analytics_detail.descendants IS %L', obj_description('public.descendants'::regproc, 'pg_proc'));
    REVOKE ALL ON FUNCTION analytics_detail.lineage, analytics_detail.descendants FROM PUBLIC, fullhouse_partner;
    GRANT EXECUTE ON FUNCTION analytics_detail.lineage, analytics_detail.descendants TO fullhouse_analyst;

    -- Users of events, likewise: the functions run with the rights of the caller.
    CREATE OR REPLACE FUNCTION analytics.active_users(
        of_client text, from_on date, until_on date, days integer DEFAULT 28,
        in_country text DEFAULT NULL, in_region text DEFAULT NULL
    )
    RETURNS TABLE (day date, users bigint)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT * FROM public.active_users(of_client, from_on, until_on, days, in_country, in_region);
    END;
    CREATE OR REPLACE FUNCTION analytics.retention(
        of_client text, from_on date, until_on date, unit text DEFAULT 'day',
        in_country text DEFAULT NULL, in_region text DEFAULT NULL
    )
    RETURNS TABLE (cohort_on date, after integer, cohort_users bigint, users bigint)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT * FROM public.retention(of_client, from_on, until_on, unit, in_country, in_region);
    END;
    CREATE OR REPLACE FUNCTION analytics.funnel(
        of_client text, steps text[], from_at timestamptz, until_at timestamptz,
        within interval DEFAULT interval '7 days', in_country text DEFAULT NULL, in_region text DEFAULT NULL
    )
    RETURNS TABLE (step integer, event text, users bigint)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT * FROM public.funnel(of_client, steps, from_at, until_at, within, in_country, in_region);
    END;
    EXECUTE format('COMMENT ON FUNCTION analytics.active_users IS %L', obj_description('public.active_users'::regproc, 'pg_proc'));
    EXECUTE format('COMMENT ON FUNCTION analytics.retention IS %L', obj_description('public.retention'::regproc, 'pg_proc'));
    EXECUTE format('COMMENT ON FUNCTION analytics.funnel IS %L', obj_description('public.funnel'::regproc, 'pg_proc'));
    REVOKE ALL ON FUNCTION analytics.active_users, analytics.retention, analytics.funnel FROM PUBLIC, fullhouse_partner;
    GRANT EXECUTE ON FUNCTION analytics.active_users, analytics.retention, analytics.funnel TO fullhouse_analyst;
    GRANT EXECUTE ON FUNCTION public.active_users, public.retention, public.returned_users, public.funnel, public.funnel_depth, public.places_in, public.events_since TO fullhouse_analyst;
    GRANT SELECT (time_zone, week_start) ON event_client TO fullhouse_analyst;
    -- The views of single events (make_event_view), which show all rows.
    GRANT USAGE ON SCHEMA events TO fullhouse_analyst;
    GRANT SELECT ON ALL TABLES IN SCHEMA events TO fullhouse_analyst;

    PERFORM apply_event_access();

    -- Rollups show all rows, so they are for analysts alone.
    PERFORM fullhouse.grant_rollups('fullhouse_analyst');
    -- Data sets likewise.
    PERFORM prepare_data_set_runner();
END
$$;

COMMENT ON FUNCTION apply_access IS 'Puts view_audience and row_scope into force: makes roles, schemas, views, rights and policies. Safe to repeat; `coordinator migrate` repeats it where it ever ran. It needs CREATEROLE, or the roles fullhouse_analyst and fullhouse_partner. Example: SELECT apply_access();';
