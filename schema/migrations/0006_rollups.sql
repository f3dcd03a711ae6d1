-- Rollups: totals that are maintained as rows are stored, so that no query adds up all snapshots.
--
-- A statement that stores rows only notes their showtimes in a log, in the same transaction.
-- A refresh takes entries from the log, deletes the buckets into which they fall, and computes them
-- again from the stored rows: whole buckets, so late, corrected and repeated data are right. No clock and no sequence says how far a rollup has read: an entry that is not
-- visible to a refresh stays for the next.
--
-- schema public: what the fleet needs. schema fullhouse: what analysts call and read.
-- schema rollup: the tables behind it: for each rollup its buckets, and its dirty buckets.

CREATE SCHEMA fullhouse;
COMMENT ON SCHEMA fullhouse IS 'Rollups: functions that make and drop them, and a view of each. The views show all rows to all of their readers: they are for analysts, not for partners.';

CREATE SCHEMA rollup;
COMMENT ON SCHEMA rollup IS 'Tables behind the views of the schema fullhouse; read only through these.';

CREATE TABLE dirty_showtime (
    marked_at   timestamptz NOT NULL DEFAULT now(),
    business_on date,
    film_id     integer,
    cinema_id   integer,
    territory   char(2),
    showtime_ids integer[]  NOT NULL,

    CONSTRAINT dirty_showtime_was_whole
        CHECK (num_nulls(business_on, film_id, cinema_id, territory) IN (0, 4))
)
-- Filled and emptied all the time: vacuum by a fixed number of rows, as a share of an empty table says nothing.
WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 200000);
COMMENT ON TABLE dirty_showtime IS 'Showtimes with stored changes that the rollups have not processed yet: append-only, without a key, so that writers never wait for each other.';
COMMENT ON COLUMN dirty_showtime.marked_at IS 'When the transaction began that stored it.';
COMMENT ON COLUMN dirty_showtime.business_on IS 'Its business day before the change; NULL if it did not change.';
COMMENT ON COLUMN dirty_showtime.film_id IS 'Its film before it was changed.';
COMMENT ON COLUMN dirty_showtime.cinema_id IS 'Its cinema before it was changed.';
COMMENT ON COLUMN dirty_showtime.territory IS 'The territory of its cinema before that was changed.';
COMMENT ON COLUMN dirty_showtime.showtime_ids IS 'The showtimes; only one if its own row changed.';

CREATE TABLE rollup (
    made_at          timestamptz NOT NULL DEFAULT now(),
    marked_at        timestamptz,
    refreshed_at     timestamptz,
    backfilled_at    timestamptz,
    failed_at        timestamptz,
    backfill_buckets bigint      NOT NULL DEFAULT 0,
    depth            smallint    NOT NULL,
    name             text        NOT NULL,
    parent           text        REFERENCES rollup,
    made_by          text        NOT NULL,
    keys             text[]      NOT NULL,
    bucket           text[]      NOT NULL,
    query            text        NOT NULL,
    last_error       text,

    CONSTRAINT rollup_pkey PRIMARY KEY (name),
    CONSTRAINT rollup_name_plain CHECK (name ~ '^[a-z][a-z0-9_]{0,39}$' AND name !~ '_(query|dirty|stale|fresh|idx|pkey)$'),
    CONSTRAINT rollup_bucket_not_empty CHECK (cardinality(bucket) >= 1 AND bucket <@ keys),
    CONSTRAINT rollup_deeper_than_parent CHECK ((depth = 0) = (parent IS NULL)),
    CONSTRAINT rollup_failed_has_error CHECK (failed_at IS NULL OR last_error IS NOT NULL)
);
COMMENT ON TABLE rollup IS 'The rollups; see rollup_status, fullhouse.create_rollup and fullhouse.drop_rollup.';
COMMENT ON COLUMN rollup.made_at IS 'When it was made.';
COMMENT ON COLUMN rollup.marked_at IS 'When all of its buckets were marked, by the first refresh after it was made or taken up again; NULL until then: its view then computes everything.';
COMMENT ON COLUMN rollup.refreshed_at IS 'When it last had nothing left to refresh.';
COMMENT ON COLUMN rollup.backfilled_at IS 'When the past was complete in it; NULL until then.';
COMMENT ON COLUMN rollup.failed_at IS 'When it was set aside because its query failed; NULL while it is maintained. fullhouse.refresh_rollup takes it up again.';
COMMENT ON COLUMN rollup.backfill_buckets IS 'Buckets of the past when it was made, or taken up again.';
COMMENT ON COLUMN rollup.depth IS '0 for a rollup without a parent, else one more than that of the parent.';
COMMENT ON COLUMN rollup.name IS 'Name; of its view in the schema fullhouse too.';
COMMENT ON COLUMN rollup.parent IS 'The rollup that it reads; NULL if it reads stored rows.';
COMMENT ON COLUMN rollup.made_by IS 'The role that made it and may drop it.';
COMMENT ON COLUMN rollup.keys IS 'Columns that name a row.';
COMMENT ON COLUMN rollup.bucket IS 'The keys that name a bucket: a dirty showtime, or a changed row of the parent, has a value for each.';
COMMENT ON COLUMN rollup.query IS 'Its query, as the database prints it.';
COMMENT ON COLUMN rollup.last_error IS 'Why it was set aside.';

CREATE TABLE rollup_input (
    is_function boolean NOT NULL,
    name        text    NOT NULL,

    CONSTRAINT rollup_input_pkey PRIMARY KEY (name, is_function)
);
COMMENT ON TABLE rollup_input IS 'Relations that the query of a rollup may read besides another rollup (only those whose changes are noted in dirty_showtime), and functions that it may call.';
COMMENT ON COLUMN rollup_input.is_function IS 'True for a function, false for a table or view.';
COMMENT ON COLUMN rollup_input.name IS 'Its name; in the schema public, or a view of that name in analytics and analytics_detail.';

INSERT INTO rollup_input (name, is_function)
VALUES
    ('showtime', false), ('cinema', false), ('film', false), ('auditorium', false),
    ('seat_snapshot', false), ('occupancy', false), ('seat_record', false), ('seat_change', false),
    ('ticket_price', false), ('showtime_standing', false), ('code_at', true), ('changed_seats', true);

-- No text of a user runs with more rights than that user has.
--
-- A user who makes a rollup makes a view of its query in a schema that ends with the transaction, so
-- the text is parsed with the rights of that user. The parsed view is then checked: its dependencies
-- (from pg_depend, and from the parse tree for parts of Postgres), and whether that user may read
-- them. A query that passes is stored as Postgres prints it, and computed by functions of the role
-- rollup_runner, which owns nothing else and reads what analysts read.
--
-- No function that a user may call locks what the leader locks: it makes tables and views of its
-- own, adds rows, and deletes one row. The leader does the rest in its next pass.

CREATE TABLE rollup_lock (
    is_only boolean NOT NULL DEFAULT true,

    CONSTRAINT rollup_lock_pkey PRIMARY KEY (is_only),
    CONSTRAINT rollup_lock_one_row CHECK (is_only)
);
COMMENT ON TABLE rollup_lock IS 'One row, locked by the session that takes entries of dirty_showtime, or marks a whole rollup. An advisory lock could be taken by any role.';
COMMENT ON COLUMN rollup_lock.is_only IS 'True.';

INSERT INTO rollup_lock DEFAULT VALUES;

CREATE TABLE rollup_request (
    requested_at timestamptz NOT NULL DEFAULT now(),
    is_forced    boolean     NOT NULL DEFAULT false,
    rollup_name  text        NOT NULL,
    requested_by text        NOT NULL DEFAULT session_user
);
COMMENT ON TABLE rollup_request IS 'Rollups whose buckets the leader has to mark again: append-only, without a key, so that no session waits for an open transaction.';
COMMENT ON COLUMN rollup_request.requested_at IS 'When it was requested.';
COMMENT ON COLUMN rollup_request.is_forced IS 'Marks it even if it is not set aside, because its marks were lost.';
COMMENT ON COLUMN rollup_request.rollup_name IS 'The rollup.';
COMMENT ON COLUMN rollup_request.requested_by IS 'The role that called fullhouse.refresh_rollup, or the leader.';

CREATE TABLE rollup_dropped (
    dropped_at  timestamptz NOT NULL DEFAULT now(),
    rollup_name text        NOT NULL
);
COMMENT ON TABLE rollup_dropped IS 'Dropped rollups whose tables the leader removes as soon as no session reads them.';
COMMENT ON COLUMN rollup_dropped.dropped_at IS 'When it was dropped.';
COMMENT ON COLUMN rollup_dropped.rollup_name IS 'Name of its table in the schema rollup.';

CREATE TABLE rollup_function (
    function_name text NOT NULL,

    CONSTRAINT rollup_function_pkey PRIMARY KEY (function_name)
);
COMMENT ON TABLE rollup_function IS 'STABLE functions of Postgres that a rollup may call, in addition to IMMUTABLE ones: their value depends on their arguments and on settings that are fixed where a rollup is computed.';
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

-- The draft: a schema where the query is parsed with the rights of its author.

CREATE TABLE rollup_draft (
    schema_name text NOT NULL,

    CONSTRAINT rollup_draft_pkey PRIMARY KEY (schema_name)
);
COMMENT ON TABLE rollup_draft IS 'Schemas in which queries of rollups are parsed: each is dropped when the transaction that opened it is committed, so no row is ever seen.';
COMMENT ON COLUMN rollup_draft.schema_name IS 'The schema.';
