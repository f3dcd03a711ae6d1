-- Who may see what, and how the database itself is.
--
-- Analysts and partners read views in schemas of their own, analytics and
-- analytics_detail. Those views run with the rights of whoever asks (security_invoker),
-- so the policies of the tables beneath hold; and since nobody but the fleet may use the
-- schema public, no table, partition or function can be named there.
--
-- Roles belong to the whole server and not every migration may make them, so nothing of
-- this is in force before apply_access (`coordinator access prepare`).

CREATE TABLE view_audience (
    audience    text NOT NULL,
    schema_name text NOT NULL DEFAULT 'analytics',
    view_name   text NOT NULL,

    CONSTRAINT view_audience_pkey PRIMARY KEY (view_name),
    CONSTRAINT view_audience_word CHECK (audience IN ('operators', 'analysts', 'partners')),
    CONSTRAINT view_audience_schema CHECK (schema_name IN ('analytics', 'analytics_detail'))
);
COMMENT ON TABLE view_audience IS 'Who may read each view of the schema public; every view has a row. apply_access puts it into force.';
COMMENT ON COLUMN view_audience.audience IS 'operators: nobody else; analysts: all of it; partners: analysts all of it, and each partner its own rows.';
COMMENT ON COLUMN view_audience.schema_name IS 'Where they find it: analytics, or analytics_detail for views with so many rows that a tool must not read them through, such as a row per seat.';
COMMENT ON COLUMN view_audience.view_name IS 'The view, or materialised view.';

CREATE TABLE row_scope (
    by_column  text NOT NULL,
    table_name text NOT NULL,

    CONSTRAINT row_scope_pkey PRIMARY KEY (table_name),
    CONSTRAINT row_scope_by CHECK (by_column IN ('showtime_id', 'cinema_id', 'film_id', 'source_id'))
);
COMMENT ON TABLE row_scope IS 'Whose the rows of a table are: every table that a view for partners reads has a row.';
COMMENT ON COLUMN row_scope.by_column IS 'The column by which: a row is a partner''s if it may see the showtime, cinema, film or source that it names.';
COMMENT ON COLUMN row_scope.table_name IS 'The table.';

CREATE TABLE partner_scope (
    partner_scope_id integer GENERATED ALWAYS AS IDENTITY,
    territory        char(2),
    role_name        text    NOT NULL,
    source           text,
    film             text,

    CONSTRAINT partner_scope_pkey PRIMARY KEY (partner_scope_id),
    CONSTRAINT partner_scope_once UNIQUE NULLS NOT DISTINCT (role_name, territory, source, film),
    CONSTRAINT partner_scope_not_all CHECK (num_nonnulls(territory, source, film) >= 1),
    CONSTRAINT partner_scope_territory_code CHECK (territory ~ '^[A-Z]{2}$'),
    CONSTRAINT partner_scope_film_small CHECK (film = lower(film))
);
COMMENT ON TABLE partner_scope IS 'What each partner may see: the showtimes that fit a row of its, in all that the row names, and what belongs to them. See `coordinator access partner`.';
COMMENT ON COLUMN partner_scope.partner_scope_id IS 'Key.';
COMMENT ON COLUMN partner_scope.territory IS 'ISO 3166 code of the cinemas; NULL for all.';
COMMENT ON COLUMN partner_scope.role_name IS 'The role that logs in, or one that it is a member of.';
COMMENT ON COLUMN partner_scope.source IS 'Name of the source; NULL for all.';
COMMENT ON COLUMN partner_scope.film IS 'Title of the film in small letters; NULL for all.';

-- What a partner may see, for the policies. They run as their owner, for the policies of
-- what they read would ask them again; whom they answer about is a parameter, because
-- current_user would be their owner.

CREATE FUNCTION scopes_of(asked name)
RETURNS SETOF partner_scope
LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT partner_scope.*
    FROM partner_scope
    INNER JOIN pg_roles ON pg_roles.rolname = partner_scope.role_name
    WHERE pg_has_role(asked, pg_roles.oid, 'MEMBER')
$$;
COMMENT ON FUNCTION scopes_of IS 'The rows of partner_scope that hold for a role, its own and those of roles that it is a member of. Example: SELECT * FROM scopes_of(current_user);';

CREATE FUNCTION scoped_cinemas(asked name)
RETURNS SETOF integer
LANGUAGE sql STABLE ROWS 500
SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT cinema.cinema_id
    FROM scopes_of(asked) AS scope
    INNER JOIN source ON scope.source IS NULL OR source.name = scope.source
    INNER JOIN cinema
        ON cinema.source_id = source.source_id
        AND (scope.territory IS NULL OR cinema.territory = scope.territory)
    WHERE scope.film IS NULL
$$;
COMMENT ON FUNCTION scoped_cinemas IS 'Cinemas of which a partner may see everything. Example: SELECT count(*) FROM scoped_cinemas(''plaza'');';

CREATE FUNCTION scoped_showings(asked name)
RETURNS TABLE (cinema_id integer, film_id integer)
LANGUAGE sql STABLE ROWS 500
SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT cinema.cinema_id, film.film_id
    FROM scopes_of(asked) AS scope
    INNER JOIN film ON lower(film.title) = scope.film
    INNER JOIN source
        ON source.source_id = film.source_id AND (scope.source IS NULL OR source.name = scope.source)
    INNER JOIN cinema
        ON cinema.source_id = film.source_id
        AND (scope.territory IS NULL OR cinema.territory = scope.territory)
$$;
COMMENT ON FUNCTION scoped_showings IS 'Films of which a partner may see the showtimes in a cinema; of that cinema it sees nothing else but what it is. Example: SELECT count(*) FROM scoped_showings(''distributor'');';

CREATE FUNCTION scoped_sources(asked name)
RETURNS SETOF integer
LANGUAGE sql STABLE ROWS 20
SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT cinema.source_id
    FROM cinema
    WHERE cinema.cinema_id IN (SELECT scoped_cinemas(asked))
        OR cinema.cinema_id IN (SELECT showing.cinema_id FROM scoped_showings(asked) AS showing)
    GROUP BY cinema.source_id
$$;
COMMENT ON FUNCTION scoped_sources IS 'Sources of the cinemas that a partner may see: of these it sees names, layouts, codes and tariffs. Example: SELECT count(*) FROM scoped_sources(''plaza'');';

CREATE FUNCTION scope_condition(of_table text, by_column text)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE
        WHEN of_table = 'showtime' THEN
            'cinema_id IN (SELECT scoped_cinemas(current_user)) OR (cinema_id, film_id) IN (SELECT showing.cinema_id, showing.film_id FROM scoped_showings(current_user) AS showing)'
        WHEN of_table = 'cinema' THEN
            'cinema_id IN (SELECT scoped_cinemas(current_user)) OR cinema_id IN (SELECT showing.cinema_id FROM scoped_showings(current_user) AS showing)'
        WHEN of_table = 'film' THEN
            'EXISTS (SELECT FROM showtime WHERE showtime.film_id = film.film_id)'
        WHEN by_column = 'source_id' THEN
            'source_id IN (SELECT scoped_sources(current_user))'
        ELSE format(
            'EXISTS (SELECT FROM %1$I AS owned WHERE owned.%2$I = %3$I.%2$I)',
            left(by_column, -3), by_column, of_table)
    END
$$;
COMMENT ON FUNCTION scope_condition IS 'The condition by which a partner sees a row of a table. What asks for a showtime, cinema or film of the row asks it under the policy of that table. Example: SELECT scope_condition(table_name, by_column) FROM row_scope;';

CREATE FUNCTION view_dependencies(of_views regclass[])
RETURNS TABLE (relation regclass, column_name name)
LANGUAGE sql STABLE
AS $$
    WITH RECURSIVE beneath AS (
        SELECT 'pg_class'::regclass::oid AS class, unnest(of_views)::oid AS object, 0 AS part
        UNION
        SELECT pg_depend.refclassid, pg_depend.refobjid, pg_depend.refobjsubid
        FROM beneath
        -- A view depends by its rule; a function with a body that was parsed, by itself.
        LEFT JOIN pg_rewrite ON beneath.class = 'pg_class'::regclass AND pg_rewrite.ev_class = beneath.object
        LEFT JOIN pg_class ON beneath.class = 'pg_class'::regclass AND pg_class.oid = beneath.object
        INNER JOIN pg_depend
            ON pg_depend.classid = CASE WHEN pg_rewrite.oid IS NULL THEN 'pg_proc'::regclass ELSE 'pg_rewrite'::regclass END
            AND pg_depend.objid = coalesce(pg_rewrite.oid, beneath.object)
        -- What a materialised view was made from is not read any more.
        WHERE pg_class.relkind IS DISTINCT FROM 'm'
            AND (pg_rewrite.oid IS NOT NULL OR beneath.class = 'pg_proc'::regclass)
            AND pg_depend.refclassid IN ('pg_class'::regclass, 'pg_proc'::regclass)
            AND (pg_depend.refclassid, pg_depend.refobjid) <> (beneath.class, beneath.object)
    )
    SELECT DISTINCT pg_class.oid::regclass, pg_attribute.attname
    FROM beneath
    INNER JOIN pg_class ON beneath.class = 'pg_class'::regclass AND pg_class.oid = beneath.object
    INNER JOIN pg_attribute ON pg_attribute.attrelid = pg_class.oid AND NOT pg_attribute.attisdropped
        -- Of a table of which no column is named, the first one stands for all.
        AND pg_attribute.attnum = CASE WHEN beneath.part > 0 THEN beneath.part ELSE 1 END
    WHERE pg_class.relnamespace = 'public'::regnamespace AND NOT beneath.object = ANY (of_views::oid[])
$$;
COMMENT ON FUNCTION view_dependencies IS 'The relations and columns that views read, through other views as well. Example: SELECT * FROM view_dependencies(''{seat_record}'') ORDER BY 1, 2;';

CREATE FUNCTION apply_access()
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
    PERFORM pg_advisory_xact_lock(hashtextextended('fullhouse apply_access', 0));

    -- What partners would read must say whose its rows are.
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

    -- The schema public is the fleet's: whoever has rights on its tables may still use it.
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
    COMMENT ON SCHEMA analytics IS 'What analysts and partners read; a tool may read all of it through.';
    COMMENT ON SCHEMA analytics_detail IS 'Views with a row per seat: name showtimes, and keep them out of what a tool reads through by itself.';
    GRANT USAGE ON SCHEMA analytics, analytics_detail TO fullhouse_analyst, fullhouse_partner;

    -- Views that are not for them any more, or elsewhere now.
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

    -- What runs with their rights needs those on the columns that it reads, and no others.
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

    -- What takes parameters cannot be a view.
    CREATE OR REPLACE FUNCTION analytics_detail.seat_snapshots_between(from_at timestamptz, until_at timestamptz)
    RETURNS SETOF public.seat_snapshot
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT * FROM public.seat_snapshots_between(from_at, until_at);
    END;
    COMMENT ON FUNCTION analytics_detail.seat_snapshots_between IS 'The rows of seat_snapshot from one time until before another, by the index of the time. Example: SELECT sum(sold) FROM seat_snapshots_between(now() - interval ''1 hour'', now());';
    GRANT SELECT (last_observed_at) ON sealed_showtime TO fullhouse_analyst, fullhouse_partner;

    -- Rollups show all rows, so they are for analysts alone.
    PERFORM fullhouse.grant_rollups('fullhouse_analyst');
END
$$;
COMMENT ON FUNCTION apply_access IS 'Puts into force what view_audience and row_scope say: roles, schemas, views, rights, policies. Safe to repeat; `coordinator migrate` repeats it where it was ever done. It needs CREATEROLE, or the roles fullhouse_analyst and fullhouse_partner. Example: SELECT apply_access();';

CREATE FUNCTION has_access() RETURNS boolean
LANGUAGE sql STABLE
RETURN EXISTS (SELECT FROM pg_namespace WHERE nspname = 'analytics');
COMMENT ON FUNCTION has_access IS 'Whether apply_access was ever done in this database. Example: SELECT has_access();';

CREATE FUNCTION grant_access(login text, as_partner boolean, timeout interval)
RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    is_new boolean := NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login);
BEGIN
    IF NOT has_access() THEN
        RAISE EXCEPTION 'access is not prepared' USING HINT = 'run `coordinator access prepare`';
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = login AND (rolsuper OR rolbypassrls)) THEN
        RAISE EXCEPTION 'role % sees everything: it is a superuser or bypasses row-level security', login;
    END IF;
    IF is_new THEN
        EXECUTE format('CREATE ROLE %I LOGIN', login);
    END IF;
    EXECUTE format('GRANT %I TO %I', CASE WHEN as_partner THEN 'fullhouse_partner' ELSE 'fullhouse_analyst' END, login);
    -- A setting of a group does not reach its members, so each has its own.
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET statement_timeout = %L',
        login, current_database(), (extract(epoch FROM timeout) * 1000)::bigint::text);
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET idle_in_transaction_session_timeout = ''1min''', login, current_database());
    -- Analysts make rollups, and tables of their own that end with their session; nothing else lets itself be written.
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET default_transaction_read_only = %L', login, current_database(), as_partner);
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET search_path = analytics, analytics_detail, fullhouse', login, current_database());
    RETURN is_new;
END
$$;
COMMENT ON FUNCTION grant_access IS 'Lets a role log in as an analyst, or as a partner, which then sees what partner_scope says; makes the role, without a password, where it is not there, and says so. Example: SELECT grant_access(''metabase'', false, ''30 s'');';

CREATE FUNCTION revoke_access(login text)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format('REVOKE fullhouse_analyst, fullhouse_partner FROM %I', login);
    EXECUTE format('ALTER ROLE %I IN DATABASE %I RESET ALL', login, current_database());
    DELETE FROM partner_scope WHERE role_name = login;
END
$$;
COMMENT ON FUNCTION revoke_access IS 'Takes from a role what grant_access gave; the role stays. Example: SELECT revoke_access(''metabase'');';

CREATE VIEW access_granted WITH (security_invoker = true) AS
SELECT
    login.rolname::text AS role_name,
    CASE allowed.rolname WHEN 'fullhouse_partner' THEN 'partner' ELSE 'analyst' END AS kind,
    (SELECT array_agg(concat_ws(' ',
            'territory ' || scope.territory, 'source ' || scope.source, 'film "' || scope.film || '"'))
        FROM partner_scope AS scope
        WHERE scope.role_name = login.rolname AND allowed.rolname = 'fullhouse_partner') AS sees,
    (SELECT substr(setting, length('statement_timeout=') + 1)
        FROM pg_db_role_setting
        CROSS JOIN LATERAL unnest(pg_db_role_setting.setconfig) AS setting
        WHERE pg_db_role_setting.setrole = login.oid
            AND pg_db_role_setting.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
            AND setting LIKE 'statement_timeout=%'
        ORDER BY pg_db_role_setting.setdatabase DESC
        LIMIT 1) AS statement_timeout
FROM pg_roles AS allowed
INNER JOIN pg_auth_members ON pg_auth_members.roleid = allowed.oid
INNER JOIN pg_roles AS login ON login.oid = pg_auth_members.member
WHERE allowed.rolname IN ('fullhouse_analyst', 'fullhouse_partner');
COMMENT ON VIEW access_granted IS 'Which roles of the server are analysts and partners, and what each partner sees here. Example: SELECT role_name, kind, sees FROM access_granted ORDER BY 1;';
COMMENT ON COLUMN access_granted.sees IS 'Rows of partner_scope under its own name; NULL for analysts, who see everything.';
COMMENT ON COLUMN access_granted.statement_timeout IS 'Milliseconds after which its statements are ended, in this database.';

-- Views of what had none.

CREATE VIEW job_record WITH (security_invoker = true) AS
SELECT
    job.job_id,
    source.name AS source,
    step.name AS step,
    job.task_id,
    job.outcome,
    job.error_class,
    job.http_status,
    job.observed_at,
    job.finished_at,
    job.claimed_at - job.enqueued_at AS queued_for,
    job.finished_at - job.claimed_at AS ran_for,
    job.fetch_micros,
    job.response_bytes,
    job.row_count,
    job.changed,
    job.sold,
    job.unmapped,
    job.requests,
    job.attempt,
    job.parent_job_id,
    job.pod_id,
    definition.version AS definition_version,
    job.request_url,
    job.error
FROM job
INNER JOIN step ON step.step_id = job.step_id
INNER JOIN source ON source.source_id = step.source_id
INNER JOIN definition ON definition.definition_id = job.definition_id;
COMMENT ON VIEW job_record IS 'A row per run that ended: what was asked, how it ended, how long it took. Name a time, a task or a job. Example: SELECT source, outcome, count(*) FROM job_record WHERE finished_at > now() - interval ''1 hour'' GROUP BY 1, 2;';
COMMENT ON COLUMN job_record.queued_for IS 'From its place in the queue to its claim.';
COMMENT ON COLUMN job_record.ran_for IS 'From its claim to the end.';
COMMENT ON COLUMN job_record.request_url IS 'The request, secrets removed.';

CREATE VIEW observation_record WITH (security_invoker = true) AS
SELECT
    source.name AS source,
    observation.subject,
    observation.metric,
    observation.at,
    observation.value,
    observation.properties,
    observation.observed_at,
    observation.job_id
FROM observation
INNER JOIN source ON source.source_id = observation.source_id;
COMMENT ON VIEW observation_record IS 'Values over time beside the seats: weather, views of a video, mentions of a film. Example: SELECT at, value FROM observation_record WHERE metric = ''views'' ORDER BY at DESC LIMIT 10;';

-- Whoever reads a view does so with its own rights.
DO $$
DECLARE
    one regclass;
BEGIN
    FOR one IN SELECT oid FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace LOOP
        EXECUTE format('ALTER VIEW %s SET (security_invoker = true)', one);
    END LOOP;
END
$$;

INSERT INTO view_audience (view_name, audience, schema_name)
VALUES
    ('seat_record', 'partners', 'analytics_detail'),
    ('ticket_price', 'partners', 'analytics'),
    ('cinema_profile', 'partners', 'analytics'),
    ('showtime_profile', 'partners', 'analytics'),
    ('film_run', 'analysts', 'analytics'),
    ('job_record', 'analysts', 'analytics'),
    ('observation_record', 'analysts', 'analytics'),
    ('source_status', 'analysts', 'analytics'),
    ('source_history', 'analysts', 'analytics'),
    ('source_failure', 'analysts', 'analytics'),
    ('refresh_status', 'analysts', 'analytics'),
    ('access_granted', 'operators', 'analytics'),
    ('fleet_wanted', 'operators', 'analytics'),
    ('isolated_task', 'operators', 'analytics'),
    ('limit_status', 'operators', 'analytics'),
    ('materialisation_status', 'operators', 'analytics'),
    ('running_job', 'operators', 'analytics');
INSERT INTO row_scope (table_name, by_column)
VALUES
    ('source', 'source_id'), ('cinema', 'cinema_id'), ('cinema_fact', 'cinema_id'), ('auditorium', 'cinema_id'),
    ('film', 'film_id'), ('showtime', 'showtime_id'), ('showtime_fact', 'showtime_id'),
    ('showtime_latest', 'showtime_id'), ('snapshot', 'showtime_id'), ('showtime_tariff', 'showtime_id'),
    ('tariff', 'source_id'), ('layout', 'source_id'), ('seat_code', 'source_id');

-- Sealing's views and the tables beneath. What unseals, and what looks for the looks around a
-- start, reads tables by name, so it runs as its owner; whose the rows are, the views decide.
INSERT INTO view_audience (view_name, audience, schema_name)
VALUES
    ('admission', 'partners', 'analytics'),
    ('occupancy', 'partners', 'analytics'),
    ('seat_change', 'partners', 'analytics_detail'),
    ('seat_latest', 'partners', 'analytics_detail'),
    ('seat_snapshot', 'partners', 'analytics_detail'),
    ('showtime_history', 'partners', 'analytics'),
    ('showtime_standing', 'partners', 'analytics'),
    ('showtime_status', 'partners', 'analytics'),
    ('partition_status', 'operators', 'analytics'),
    ('rollup_status', 'operators', 'analytics');
INSERT INTO row_scope (table_name, by_column)
VALUES ('sealed_showtime', 'showtime_id'), ('showtime_change', 'showtime_id');
ALTER FUNCTION unseal SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION looks_around_start SECURITY DEFINER SET search_path = public, pg_temp;

-- With its names bound, whoever calls needs no path to them.
DROP FUNCTION seat_snapshots_between;
CREATE FUNCTION seat_snapshots_between(from_at timestamptz, until_at timestamptz)
RETURNS SETOF seat_snapshot
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        snapshot.showtime_id, snapshot.observed_at, snapshot.job_id, snapshot.layout_id,
        snapshot.available, snapshot.sold, snapshot.held, snapshot.blocked,
        snapshot.broken, snapshot.house, snapshot.unknown, snapshot.unmapped, snapshot.seats, false
    FROM snapshot
    WHERE snapshot.observed_at >= from_at AND snapshot.observed_at < until_at
    UNION ALL
    SELECT sealed.showtime_id, unsealed.*, true
    FROM sealed_showtime AS sealed
    CROSS JOIN LATERAL unseal(sealed.first_observed_at, sealed.snapshot_count, sealed.data) AS unsealed
    WHERE sealed.last_observed_at >= from_at AND sealed.first_observed_at < until_at
        AND unsealed.observed_at >= from_at AND unsealed.observed_at < until_at;
END;
COMMENT ON FUNCTION seat_snapshots_between IS 'The rows of seat_snapshot from one time until before another: only the partitions and the sealed rows of that time are read. Example: SELECT sum(sold) FROM seat_snapshots_between(now() - interval ''1 hour'', now());';

-- The health of the database itself, for operators; `coordinator doctor` reads them and
-- says what to do.

CREATE FUNCTION statement_statistics()
RETURNS TABLE (
    calls bigint,
    total_seconds double precision,
    mean_millis double precision,
    rows bigint,
    hit_share double precision,
    temp_blocks bigint,
    wal_bytes numeric,
    statement text
)
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    home name := (
        SELECT pg_namespace.nspname
        FROM pg_extension INNER JOIN pg_namespace ON pg_namespace.oid = pg_extension.extnamespace
        WHERE pg_extension.extname = 'pg_stat_statements');
BEGIN
    IF home IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT calls, total_exec_time / 1000, mean_exec_time, rows,
            shared_blks_hit::double precision / nullif(shared_blks_hit + shared_blks_read, 0),
            temp_blks_read + temp_blks_written, wal_bytes, query
        FROM %I.pg_stat_statements
        WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        ORDER BY total_exec_time DESC', home);
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    -- Installed here, but not loaded by the server.
    RETURN;
END
$$;
COMMENT ON FUNCTION statement_statistics IS 'What pg_stat_statements has counted in this database; no row where it is not installed and loaded. Example: SELECT * FROM statement_statistics() LIMIT 10;';

CREATE VIEW database_statement WITH (security_invoker = true) AS
SELECT
    statistics.calls,
    statistics.total_seconds,
    statistics.total_seconds / nullif(sum(statistics.total_seconds) OVER (), 0) AS share,
    statistics.mean_millis,
    statistics.rows,
    statistics.hit_share,
    statistics.temp_blocks,
    statistics.wal_bytes,
    statistics.statement
FROM statement_statistics() AS statistics;
COMMENT ON VIEW database_statement IS 'What the time of the database goes to, by statement; empty without pg_stat_statements. Example: SELECT round(share::numeric, 2) AS share, calls, round(mean_millis::numeric, 2) AS ms, left(statement, 80) FROM database_statement ORDER BY share DESC LIMIT 10;';
COMMENT ON COLUMN database_statement.share IS 'Of the time of all statements that were counted.';
COMMENT ON COLUMN database_statement.hit_share IS 'Share of the blocks that were in shared_buffers.';
COMMENT ON COLUMN database_statement.temp_blocks IS 'Blocks that went to temporary files: work_mem did not suffice.';

CREATE VIEW database_table WITH (security_invoker = true) AS
SELECT
    statistics.schemaname::text AS schema_name,
    statistics.relname::text AS table_name,
    parent.relname::text AS partition_of,
    pg_total_relation_size(statistics.relid) AS total_bytes,
    pg_indexes_size(statistics.relid) AS index_bytes,
    statistics.n_live_tup AS rows_estimated,
    statistics.n_dead_tup AS dead_rows,
    tuning.is_on AS autovacuum,
    tuning.threshold + tuning.scale_factor * greatest(pg_class.reltuples, 0) AS vacuum_at_dead_rows,
    statistics.n_dead_tup / (tuning.threshold + tuning.scale_factor * greatest(pg_class.reltuples, 0) + 1) AS vacuum_due,
    greatest(statistics.last_vacuum, statistics.last_autovacuum) AS last_vacuum_at,
    greatest(statistics.last_analyze, statistics.last_autoanalyze) AS last_analyze_at,
    statistics.seq_scan AS sequential_scans,
    statistics.seq_tup_read AS rows_read_sequentially,
    statistics.idx_scan AS index_scans,
    statistics.n_tup_ins AS inserted,
    statistics.n_tup_upd AS updated,
    statistics.n_tup_del AS deleted,
    statistics.n_tup_hot_upd::double precision / nullif(statistics.n_tup_upd, 0) AS hot_share,
    age(pg_class.relfrozenxid) AS transaction_age
FROM pg_stat_user_tables AS statistics
INNER JOIN pg_class ON pg_class.oid = statistics.relid
LEFT JOIN pg_inherits ON pg_inherits.inhrelid = pg_class.oid
LEFT JOIN pg_class AS parent ON parent.oid = pg_inherits.inhparent
CROSS JOIN LATERAL (
    SELECT
        coalesce(max(option_value) FILTER (WHERE option_name = 'autovacuum_enabled'), 'true')::boolean AS is_on,
        coalesce(max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_threshold'),
            current_setting('autovacuum_vacuum_threshold'))::double precision AS threshold,
        coalesce(max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_scale_factor'),
            current_setting('autovacuum_vacuum_scale_factor'))::double precision AS scale_factor
    FROM pg_options_to_table(pg_class.reloptions)
) AS tuning
WHERE pg_class.relpersistence <> 't' AND pg_class.relkind <> 'p';
COMMENT ON VIEW database_table IS 'Each table and partition: size, dead rows and when vacuum is due, how it is read and written. Example: SELECT table_name, pg_size_pretty(total_bytes), dead_rows, vacuum_due, last_vacuum_at FROM database_table ORDER BY total_bytes DESC LIMIT 10;';
COMMENT ON COLUMN database_table.partition_of IS 'NULL for what is no partition.';
COMMENT ON COLUMN database_table.vacuum_at_dead_rows IS 'Dead rows at which autovacuum takes it up.';
COMMENT ON COLUMN database_table.vacuum_due IS 'Dead rows over those; far above 1 for long means that autovacuum cannot keep up, or that something holds the dead rows.';
COMMENT ON COLUMN database_table.hot_share IS 'Share of the updates that stayed on their page and touched no index.';
COMMENT ON COLUMN database_table.transaction_age IS 'Transactions since its rows were last frozen.';

CREATE VIEW database_index WITH (security_invoker = true) AS
SELECT
    statistics.schemaname::text AS schema_name,
    coalesce(parent_table.relname, statistics.relname)::text AS table_name,
    coalesce(parent.relname, statistics.indexrelname)::text AS index_name,
    count(*)::integer AS parts,
    sum(pg_relation_size(statistics.indexrelid))::bigint AS bytes,
    sum(statistics.idx_scan)::bigint AS scans,
    sum(statistics.idx_tup_read)::bigint AS entries_read,
    bool_or(pg_index.indisunique) AS is_unique,
    bool_and(pg_index.indisvalid) AS is_valid,
    sum(statistics.idx_scan) = 0 AND NOT bool_or(pg_index.indisunique) AS is_unused
FROM pg_stat_user_indexes AS statistics
INNER JOIN pg_index ON pg_index.indexrelid = statistics.indexrelid
LEFT JOIN pg_inherits AS of_index ON of_index.inhrelid = statistics.indexrelid
LEFT JOIN pg_class AS parent ON parent.oid = of_index.inhparent
LEFT JOIN pg_inherits AS of_table ON of_table.inhrelid = statistics.relid
LEFT JOIN pg_class AS parent_table ON parent_table.oid = of_table.inhparent
GROUP BY 1, 2, 3;
COMMENT ON VIEW database_index IS 'Each index, those of partitions together: size, and whether anything has used it since statistics were reset. Example: SELECT table_name, index_name, pg_size_pretty(bytes) FROM database_index WHERE is_unused ORDER BY bytes DESC;';
COMMENT ON COLUMN database_index.parts IS 'Partitions that have it.';
COMMENT ON COLUMN database_index.is_unused IS 'No scan has used it, and it keeps nothing unique.';
COMMENT ON COLUMN database_index.is_valid IS 'False for what CREATE INDEX CONCURRENTLY left behind when it failed.';

CREATE VIEW database_transaction WITH (security_invoker = true) AS
SELECT
    'session' AS kind,
    activity.pid::text AS name,
    activity.usename::text AS role_name,
    activity.application_name AS application,
    activity.state,
    activity.xact_start AS started_at,
    age(activity.backend_xmin) AS holds_transactions,
    left(activity.query, 200) AS statement
FROM pg_stat_activity AS activity
WHERE activity.xact_start IS NOT NULL AND activity.pid <> pg_backend_pid()
    AND activity.backend_type <> 'autovacuum worker'
UNION ALL
SELECT
    'prepared', prepared.gid, prepared.owner::text, NULL, NULL, prepared.prepared, age(prepared.transaction), NULL
FROM pg_prepared_xacts AS prepared
UNION ALL
SELECT
    'replication slot', slot.slot_name::text, NULL, slot.plugin::text,
    CASE WHEN slot.active THEN 'active' ELSE 'inactive' END,
    NULL, greatest(age(slot.xmin), age(slot.catalog_xmin)), NULL
FROM pg_replication_slots AS slot
WHERE slot.xmin IS NOT NULL OR slot.catalog_xmin IS NOT NULL;
COMMENT ON VIEW database_transaction IS 'What is open and keeps dead rows from being cleaned up, on the whole server: sessions, prepared transactions, replication slots. Example: SELECT kind, name, application, now() - started_at AS age, state FROM database_transaction ORDER BY started_at LIMIT 5;';
COMMENT ON COLUMN database_transaction.name IS 'Number of the process, which pg_terminate_backend takes; name of the prepared transaction or slot.';
COMMENT ON COLUMN database_transaction.holds_transactions IS 'How many transactions back it sees; dead rows younger than that stay.';

CREATE VIEW database_wait WITH (security_invoker = true) AS
SELECT
    activity.pid,
    activity.usename::text AS role_name,
    activity.application_name AS application,
    activity.state,
    activity.wait_event_type,
    activity.wait_event,
    now() - activity.query_start AS running_for,
    nullif(pg_blocking_pids(activity.pid), '{}') AS blocked_by,
    left(activity.query, 200) AS statement
FROM pg_stat_activity AS activity
WHERE activity.datname = current_database()
    AND activity.state IS DISTINCT FROM 'idle'
    AND activity.wait_event IS NOT NULL
    AND activity.pid <> pg_backend_pid();
COMMENT ON VIEW database_wait IS 'What the sessions of this database wait for now, and who blocks them. Example: SELECT pid, running_for, blocked_by, left(statement, 60) FROM database_wait WHERE blocked_by IS NOT NULL;';

CREATE VIEW database_slot WITH (security_invoker = true) AS
SELECT
    slot.slot_name::text AS slot_name,
    slot.slot_type,
    slot.active,
    slot.wal_status,
    pg_wal_lsn_diff(
        CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
        slot.restart_lsn)::bigint AS held_bytes
FROM pg_replication_slots AS slot;
COMMENT ON VIEW database_slot IS 'Replication slots, and how much of the log each holds back on the disk. Example: SELECT slot_name, active, pg_size_pretty(held_bytes) FROM database_slot ORDER BY held_bytes DESC;';

INSERT INTO view_audience (view_name, audience)
SELECT relname, 'operators' FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'v' AND relname ~ '^database_';

CREATE FUNCTION partition_supply()
RETURNS TABLE (table_name text, until_at timestamptz, default_has_rows boolean)
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT
            parent.relname::text AS parent,
            max((regexp_match(pg_get_expr(child.relpartbound, child.oid), 'TO \(''(.+)''\)'))[1]::timestamptz) AS until_at,
            nullif(pg_partitioned_table.partdefid, 0)::regclass AS default_partition
        FROM pg_partitioned_table
        INNER JOIN pg_class AS parent ON parent.oid = pg_partitioned_table.partrelid
        INNER JOIN pg_inherits ON pg_inherits.inhparent = parent.oid
        INNER JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
        WHERE parent.relnamespace = 'public'::regnamespace AND pg_partitioned_table.partstrat = 'r'
        GROUP BY parent.relname, pg_partitioned_table.partdefid
    LOOP
        table_name := one.parent;
        until_at := one.until_at;
        default_has_rows := false;
        IF one.default_partition IS NOT NULL THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one.default_partition) INTO default_has_rows;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION partition_supply IS 'Each table that is partitioned by time: until when there are partitions, and whether the default partition had to take rows. Example: SELECT table_name, until_at - now() AS ahead, default_has_rows FROM partition_supply();';
