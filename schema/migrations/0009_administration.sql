-- Access of analysts, partners and the fleet; versions of the schema.
--
-- Analysts and partners read views in schemas of their own, analytics and
-- analytics_detail. Those views run with the rights of the caller (security_invoker),
-- so the policies of the tables below hold; and as only the fleet may use the schema public,
-- nobody else can name a table, partition or function there.
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
COMMENT ON TABLE view_audience IS 'The readers of each view of the schema public; every view has a row. apply_access puts it into force.';
COMMENT ON COLUMN view_audience.audience IS 'operators: only operators; analysts: analysts, all rows; partners: analysts all rows, and each partner its own rows.';
COMMENT ON COLUMN view_audience.schema_name IS 'Schema in which they see it: analytics, or analytics_detail for views with so many rows that a tool must not read them as a whole, such as a row per seat.';
COMMENT ON COLUMN view_audience.view_name IS 'The view, or materialised view.';

INSERT INTO view_audience (view_name, audience, schema_name)
VALUES
    ('admission', 'partners', 'analytics'),
    ('cinema_profile', 'partners', 'analytics'),
    ('occupancy', 'partners', 'analytics'),
    ('seat_change', 'partners', 'analytics_detail'),
    ('seat_latest', 'partners', 'analytics_detail'),
    ('seat_record', 'partners', 'analytics_detail'),
    ('seat_snapshot', 'partners', 'analytics_detail'),
    ('showtime_history', 'partners', 'analytics'),
    ('showtime_profile', 'partners', 'analytics'),
    ('showtime_standing', 'partners', 'analytics'),
    ('showtime_status', 'partners', 'analytics'),
    ('ticket_price', 'partners', 'analytics'),
    ('film_profile', 'analysts', 'analytics'),
    ('film_run', 'analysts', 'analytics'),
    ('job_ancestor', 'analysts', 'analytics_detail'),
    ('job_record', 'analysts', 'analytics'),
    ('observation_record', 'analysts', 'analytics'),
    ('refresh_status', 'analysts', 'analytics'),
    ('rollup_status', 'analysts', 'analytics'),
    ('showtime_look', 'analysts', 'analytics'),
    ('source_failure', 'analysts', 'analytics'),
    ('source_history', 'analysts', 'analytics'),
    ('source_profile', 'analysts', 'analytics'),
    ('source_status', 'analysts', 'analytics'),
    ('access_granted', 'operators', 'analytics'),
    ('database_index', 'operators', 'analytics'),
    ('database_slot', 'operators', 'analytics'),
    ('database_statement', 'operators', 'analytics'),
    ('database_table', 'operators', 'analytics'),
    ('database_transaction', 'operators', 'analytics'),
    ('database_wait', 'operators', 'analytics'),
    ('export_status', 'operators', 'analytics'),
    ('fleet_wanted', 'operators', 'analytics'),
    ('isolated_task', 'operators', 'analytics'),
    ('limit_status', 'operators', 'analytics'),
    ('materialisation_status', 'operators', 'analytics'),
    ('partition_status', 'operators', 'analytics'),
    ('running_job', 'operators', 'analytics');

CREATE TABLE row_scope (
    by_column  text NOT NULL,
    table_name text NOT NULL,

    CONSTRAINT row_scope_pkey PRIMARY KEY (table_name),
    CONSTRAINT row_scope_by CHECK (by_column IN ('showtime_id', 'cinema_id', 'film_id', 'source_id'))
);
COMMENT ON TABLE row_scope IS 'How a row belongs to a partner: every table that a view for partners reads has an entry.';
COMMENT ON COLUMN row_scope.by_column IS 'The column that decides: a partner may see a row if it may see the showtime, cinema, film or source in this column.';
COMMENT ON COLUMN row_scope.table_name IS 'The table.';

INSERT INTO row_scope (table_name, by_column)
VALUES
    ('cinema', 'cinema_id'),
    ('cinema_fact', 'cinema_id'),
    ('auditorium', 'cinema_id'),
    ('film', 'film_id'),
    ('showtime', 'showtime_id'),
    ('showtime_fact', 'showtime_id'),
    ('showtime_latest', 'showtime_id'),
    ('snapshot', 'showtime_id'),
    ('showtime_tariff', 'showtime_id'),
    ('sealed_showtime', 'showtime_id'),
    ('showtime_change', 'showtime_id'),
    ('source', 'source_id'),
    ('tariff', 'source_id'),
    ('layout', 'source_id'),
    ('seat_code', 'source_id');

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
COMMENT ON TABLE partner_scope IS 'Conditions of each partner: it may see a showtime that meets all conditions of one of its rows, and the data of that showtime. See `coordinator access partner`.';
COMMENT ON COLUMN partner_scope.partner_scope_id IS 'Key.';
COMMENT ON COLUMN partner_scope.territory IS 'ISO 3166 code of the cinemas; NULL for all.';
COMMENT ON COLUMN partner_scope.role_name IS 'The role that logs in, or one that it is a member of.';
COMMENT ON COLUMN partner_scope.source IS 'Name of the source; NULL for all.';
COMMENT ON COLUMN partner_scope.film IS 'Title of the film in small letters; NULL for all.';

-- Before Postgres 15 everybody was allowed to make tables and functions there.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- The roles of the fleet: the migrator owns what is in the database; coordinators, agents and
-- monitors log in with no more than their statements need.
--
-- Roles belong to the whole server and not every migration may make them, so nothing of this is in
-- force before `coordinator access prepare`. The rights of each role are in one file,
-- schema/src/database/access/grants.txt, which the program gives to apply_grants.

CREATE TABLE fleet_role (
    kind      text NOT NULL,
    role_name text NOT NULL,

    CONSTRAINT fleet_role_pkey PRIMARY KEY (kind),
    CONSTRAINT fleet_role_once UNIQUE (role_name),
    CONSTRAINT fleet_role_word CHECK (kind IN ('migrator', 'coordinator', 'agent', 'monitor'))
);
COMMENT ON TABLE fleet_role IS 'The roles of the fleet in this database; empty before `coordinator access prepare`.';
COMMENT ON COLUMN fleet_role.kind IS 'Purpose of the role.';
COMMENT ON COLUMN fleet_role.role_name IS 'Its name on the server.';

-- Which programs work with this schema: so programs of the version before go on, and start again,
-- while and after a newer version migrates the database.

CREATE TABLE schema_support (
    oldest_program bigint  NOT NULL,
    is_only        boolean NOT NULL DEFAULT true,
    files_version  text    NOT NULL DEFAULT '0.0.0',

    CONSTRAINT schema_support_pkey PRIMARY KEY (is_only),
    CONSTRAINT schema_support_is_one CHECK (is_only)
);
COMMENT ON TABLE schema_support IS 'The oldest program that works with this schema; one row. A migration that removes something that the program before it needs sets this to its own number: UPDATE schema_support SET oldest_program = 12. A migration that only adds leaves it.';
COMMENT ON COLUMN schema_support.oldest_program IS 'Number of the newest migration that the oldest program knows.';
COMMENT ON COLUMN schema_support.is_only IS 'Always true.';
COMMENT ON COLUMN schema_support.files_version IS 'Version of the program that last applied files of functions and views (schema_file); an older program leaves these as they are.';

INSERT INTO schema_support (oldest_program) VALUES (9);

CREATE TABLE schema_file (
    checksum bytea  NOT NULL,
    name     text   NOT NULL,
    objects  text[] NOT NULL,

    CONSTRAINT schema_file_pkey PRIMARY KEY (name)
);
COMMENT ON TABLE schema_file IS 'The files of functions, views and rollups that are in force, as `coordinator migrate` applied them; it applies a file again when its checksum differs.';
COMMENT ON COLUMN schema_file.checksum IS 'SHA-384 of the file.';
COMMENT ON COLUMN schema_file.name IS 'Path below the directory schema.';
COMMENT ON COLUMN schema_file.objects IS 'The objects that the file makes, as DROP names them.';

-- How the background work of the coordinators goes, for operators and monitors.

CREATE TABLE background_pass (
    run_at       timestamptz NOT NULL,
    succeeded_at timestamptz,
    worked_at    timestamptz,
    took_seconds real        NOT NULL,
    failures     integer     NOT NULL,
    pass         text        NOT NULL,
    coordinator  text        NOT NULL,
    report       text,
    error        text,

    CONSTRAINT background_pass_pkey PRIMARY KEY (pass, coordinator),
    CONSTRAINT background_pass_error_iff_failing CHECK ((failures > 0) = (error IS NOT NULL))
) WITH (fillfactor = 50);
COMMENT ON TABLE background_pass IS 'The last run of each background pass of each coordinator. Example: SELECT pass, coordinator, run_at, failures, error FROM background_pass WHERE failures > 0;';
COMMENT ON COLUMN background_pass.run_at IS 'When it ended; runs that end like the one before are stored a few times a minute.';
COMMENT ON COLUMN background_pass.succeeded_at IS 'When a run last succeeded.';
COMMENT ON COLUMN background_pass.worked_at IS 'When a run last found something to do.';
COMMENT ON COLUMN background_pass.took_seconds IS 'Time that the run took.';
COMMENT ON COLUMN background_pass.failures IS 'Failures in a row; 0 if the run succeeded.';
COMMENT ON COLUMN background_pass.pass IS 'Name of the pass, as in logs and metrics.';
COMMENT ON COLUMN background_pass.coordinator IS 'Name of the coordinator.';
COMMENT ON COLUMN background_pass.report IS 'What the last run that found something to do did.';
COMMENT ON COLUMN background_pass.error IS 'Why the run failed.';
