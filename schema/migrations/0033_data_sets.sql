-- Data sets: tables that the leader builds from queries of analysts, each after its inputs.
--
-- A day of a data set is due when the revision of one of its inputs is not the one from which the day
-- was built. So nothing has to be remembered of what happened meanwhile: a missed pass, a new leader
-- and a late day are all the same. data_set_days compares.
--
-- schema public: what is declared and built. schema data_set: a table for each data set, and the
-- functions of the role data_set_runner, which run the queries with the rights of analysts.

CREATE SCHEMA data_set;
COMMENT ON SCHEMA data_set IS 'Data sets: a table for each, built by the leader; data_set_status says how fresh each day is.';

CREATE TABLE data_set (
    every        interval    NOT NULL,
    timeout      interval    NOT NULL,
    applied_at   timestamptz NOT NULL DEFAULT now(),
    not_before   time        NOT NULL,
    deadline     time,
    since        date,
    version      integer     NOT NULL DEFAULT 1,
    continues    boolean     NOT NULL,
    name         text        NOT NULL,
    description  text        NOT NULL,
    zone         text        NOT NULL,
    query        text        NOT NULL,
    check_query  text,
    body         text        NOT NULL,

    CONSTRAINT data_set_pkey PRIMARY KEY (name),
    CONSTRAINT data_set_name_plain CHECK (name ~ '^[a-z][a-z0-9_]{0,39}$' AND name !~ '_idx$'),
    CONSTRAINT data_set_every_positive CHECK (every >= interval '0' AND timeout > interval '0')
);
COMMENT ON TABLE data_set IS 'The data sets that are declared; see data_set_status and schema/DATA_SETS.md.';
COMMENT ON COLUMN data_set.every IS 'A day that was built is not built again before this time has passed.';
COMMENT ON COLUMN data_set.timeout IS 'Time after which a build is cut off.';
COMMENT ON COLUMN data_set.applied_at IS 'When its file was last applied.';
COMMENT ON COLUMN data_set.not_before IS 'Local time of the next day from which a day is complete.';
COMMENT ON COLUMN data_set.deadline IS 'Local time of the next day by which a day must be built; NULL for none.';
COMMENT ON COLUMN data_set.since IS 'Its first day; NULL if it has no days and is built as a whole.';
COMMENT ON COLUMN data_set.version IS 'Counts changes of its query and its check; each makes all days due.';
COMMENT ON COLUMN data_set.continues IS 'Whether data sets that read it go on with its last good result when it failed.';
COMMENT ON COLUMN data_set.name IS 'Name; of its table in the schema data_set too.';
COMMENT ON COLUMN data_set.description IS 'What it is for.';
COMMENT ON COLUMN data_set.zone IS 'IANA name of the zone of not_before and deadline.';
COMMENT ON COLUMN data_set.query IS 'Its query, as the database prints it.';
COMMENT ON COLUMN data_set.check_query IS 'A query whose rows say what is wrong with a build; NULL for none.';
COMMENT ON COLUMN data_set.body IS 'The file that declares it.';

CREATE TABLE data_set_input (
    name  text NOT NULL REFERENCES data_set ON DELETE CASCADE,
    kind  text NOT NULL,
    input text NOT NULL,

    CONSTRAINT data_set_input_pkey PRIMARY KEY (name, kind, input),
    CONSTRAINT data_set_input_kind_word CHECK (kind IN ('data_set', 'rollup', 'events', 'stored'))
);
COMMENT ON TABLE data_set_input IS 'What a data set is built from, as far as its changes are followed.';
COMMENT ON COLUMN data_set_input.name IS 'The data set.';
COMMENT ON COLUMN data_set_input.kind IS 'data_set; rollup; events (of a client); stored (snapshot, showtime_tariff or showtime).';
COMMENT ON COLUMN data_set_input.input IS 'The name of the input.';

CREATE TABLE data_set_day (
    took            interval,
    revision        bigint      NOT NULL DEFAULT 0,
    row_count       bigint,
    bytes           bigint,
    built_at        timestamptz,
    tried_at        timestamptz,
    retry_at        timestamptz,
    day             date,
    tries           integer     NOT NULL DEFAULT 0,
    name            text        NOT NULL REFERENCES data_set ON DELETE CASCADE,
    checksum        numeric,
    input_revisions jsonb,
    tried_revisions jsonb,
    error           text,

    CONSTRAINT data_set_day_key UNIQUE NULLS NOT DISTINCT (name, day),
    CONSTRAINT data_set_day_built_has_rows CHECK ((revision > 0) = (row_count IS NOT NULL)),
    CONSTRAINT data_set_day_failed_has_error CHECK ((tries > 0) = (error IS NOT NULL))
)
WITH (fillfactor = 70);
COMMENT ON TABLE data_set_day IS 'The last good build of each day of a data set, and what was tried since. A day that was never tried has no row.';
COMMENT ON COLUMN data_set_day.took IS 'How long the last good build took.';
COMMENT ON COLUMN data_set_day.revision IS 'Counts builds that changed its rows; 0 if it was never built.';
COMMENT ON COLUMN data_set_day.row_count IS 'Rows of the last good build.';
COMMENT ON COLUMN data_set_day.bytes IS 'Size of these rows.';
COMMENT ON COLUMN data_set_day.built_at IS 'When the last good build ended.';
COMMENT ON COLUMN data_set_day.tried_at IS 'When the last failed build ended.';
COMMENT ON COLUMN data_set_day.retry_at IS 'When it may be tried again.';
COMMENT ON COLUMN data_set_day.day IS 'The day; NULL for a data set without days.';
COMMENT ON COLUMN data_set_day.tries IS 'Builds from tried_revisions that failed in a row.';
COMMENT ON COLUMN data_set_day.name IS 'The data set.';
COMMENT ON COLUMN data_set_day.checksum IS 'Sum over its rows, by which a build that changed nothing is known.';
COMMENT ON COLUMN data_set_day.input_revisions IS 'The revisions of its inputs from which it was built; NULL if a person asked to build it again.';
COMMENT ON COLUMN data_set_day.tried_revisions IS 'The revisions from which a build failed.';
COMMENT ON COLUMN data_set_day.error IS 'Why it failed.';

CREATE TABLE data_set_build (
    build_id        bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    started_at      timestamptz NOT NULL DEFAULT now(),
    ended_at        timestamptz,
    row_count       bigint,
    bytes           bigint,
    day             date,
    state           text        NOT NULL DEFAULT 'building',
    name            text        NOT NULL REFERENCES data_set ON DELETE CASCADE,
    started_by      text        NOT NULL,
    input_revisions jsonb       NOT NULL,
    error           text,

    CONSTRAINT data_set_build_pkey PRIMARY KEY (build_id),
    CONSTRAINT data_set_build_state_word CHECK (
        state IN ('building', 'built', 'unchanged', 'failed', 'timed_out', 'superseded', 'lost')),
    CONSTRAINT data_set_build_ends CHECK ((state = 'building') = (ended_at IS NULL))
);
-- No day is built twice at a time (claim_data_set_builds).
CREATE UNIQUE INDEX data_set_build_open_key ON data_set_build (name, day) NULLS NOT DISTINCT WHERE ended_at IS NULL;
-- The last builds of a data set (read_data_set_builds).
CREATE INDEX data_set_build_name_idx ON data_set_build (name, build_id);
-- Old ones go (end_lost_data_set_builds).
CREATE INDEX data_set_build_ended_idx ON data_set_build (ended_at);
COMMENT ON TABLE data_set_build IS 'Builds of days of data sets, for 30 days. One without an end whose row is not locked has lost its coordinator.';
COMMENT ON COLUMN data_set_build.build_id IS 'Key.';
COMMENT ON COLUMN data_set_build.started_at IS 'When it was claimed.';
COMMENT ON COLUMN data_set_build.ended_at IS 'When it ended; NULL while it runs.';
COMMENT ON COLUMN data_set_build.row_count IS 'Rows that it made.';
COMMENT ON COLUMN data_set_build.bytes IS 'Size of these rows.';
COMMENT ON COLUMN data_set_build.day IS 'The day; NULL for a data set without days.';
COMMENT ON COLUMN data_set_build.state IS 'building; built; unchanged: built, with the rows of before; failed; timed_out; superseded: another build came first; lost: its coordinator or its connection ended.';
COMMENT ON COLUMN data_set_build.name IS 'The data set.';
COMMENT ON COLUMN data_set_build.started_by IS 'The coordinator.';
COMMENT ON COLUMN data_set_build.input_revisions IS 'The revisions of its inputs when it was claimed.';
COMMENT ON COLUMN data_set_build.error IS 'Why it failed.';

-- The days of rollups that changed, for rollups that a data set reads.
ALTER TABLE rollup
    ADD COLUMN is_followed boolean NOT NULL DEFAULT false,
    ADD COLUMN day_column text;
COMMENT ON COLUMN rollup.is_followed IS 'Whether changes of its rows are counted in rollup_revision, because a data set reads it.';
COMMENT ON COLUMN rollup.day_column IS 'The key by whose days they are counted; NULL if it has none.';

CREATE TABLE rollup_revision (
    changed_at  timestamptz NOT NULL DEFAULT now(),
    revision    bigint      NOT NULL DEFAULT 1,
    day         date,
    rollup_name text        NOT NULL,

    CONSTRAINT rollup_revision_key UNIQUE NULLS NOT DISTINCT (rollup_name, day)
)
WITH (fillfactor = 70);
COMMENT ON TABLE rollup_revision IS 'Counts how often rows of a day of a rollup changed since a data set first read it; a day without a row never did.';
COMMENT ON COLUMN rollup_revision.changed_at IS 'When its revision last changed.';
COMMENT ON COLUMN rollup_revision.revision IS 'Counts from 1.';
COMMENT ON COLUMN rollup_revision.day IS 'The day; NULL for a rollup without days.';
COMMENT ON COLUMN rollup_revision.rollup_name IS 'The rollup.';

-- Changes of stored events that their number does not show.
CREATE TABLE event_day_change (
    changes   bigint   NOT NULL DEFAULT 1,
    day       date     NOT NULL,
    client_id smallint NOT NULL REFERENCES event_client,

    CONSTRAINT event_day_change_pkey PRIMARY KEY (client_id, day)
)
WITH (fillfactor = 70);
COMMENT ON TABLE event_day_change IS 'Counts how often events of a day, or of the day before or after it, got another name or lost the properties of an erased user; a day without a row never did.';
COMMENT ON COLUMN event_day_change.changes IS 'Counts from 1.';
COMMENT ON COLUMN event_day_change.day IS 'The day, in any time zone.';
COMMENT ON COLUMN event_day_change.client_id IS 'The client that sent the events.';

-- Alerts about data sets that are built; the word data_set is of those that are exported.
ALTER TABLE alert
    DROP CONSTRAINT alert_subject_kind_word,
    ADD CONSTRAINT alert_subject_kind_word CHECK (subject_kind IN (
        'fleet', 'source', 'limit_key', 'pod', 'pass', 'condition', 'receiver', 'rollup', 'table', 'data_set',
        'built_data_set', 'anomaly', 'client', 'server'));

INSERT INTO view_audience (view_name, audience, schema_name)
VALUES ('data_set_status', 'analysts', 'analytics');
