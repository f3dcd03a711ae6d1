-- Materialised columns, filled in small batches by any coordinator, and materialised
-- views, refreshed by a schedule.
--
-- Computed columns are in tables of their own, apart from the tables that are written all the time:
-- `materialized_at` changes with every computation and is indexed, so no update of such a row is
-- heap-only (evidence: 0 of 22,000).

CREATE TABLE materialised_table (
    expires_after   interval,
    paused_until    timestamptz,
    batch_size      integer  NOT NULL DEFAULT 100,
    timeout_seconds integer  NOT NULL DEFAULT 10,
    max_failures   smallint NOT NULL DEFAULT 3,
    name            text     NOT NULL,
    key_column      text     NOT NULL,
    of_table        text,
    dependents      text,
    pause_reason    text,

    CONSTRAINT materialised_table_pkey PRIMARY KEY (name),
    CONSTRAINT materialised_table_batch_positive CHECK (batch_size >= 1),
    CONSTRAINT materialised_table_timeout_positive CHECK (timeout_seconds >= 1),
    CONSTRAINT materialised_table_failures_positive CHECK (max_failures >= 1),
    CONSTRAINT materialised_table_pause_has_reason CHECK (paused_until IS NULL OR pause_reason IS NOT NULL)
);
COMMENT ON TABLE materialised_table IS 'Tables with computed columns. Each has a column materialized_at timestamptz, best indexed: NULL means that the row is due, -infinity that it is set aside. Rows that are due, or older than they may be, are computed by any coordinator within seconds. See materialisation_status.';
COMMENT ON COLUMN materialised_table.expires_after IS 'A row is computed again when it was computed this long ago; NULL means only when it is due.';
COMMENT ON COLUMN materialised_table.paused_until IS 'Nothing is computed before this time, because an expression cannot be run at all, or the query of dependents takes too long.';
COMMENT ON COLUMN materialised_table.batch_size IS 'Rows computed, and marks taken, in one transaction.';
COMMENT ON COLUMN materialised_table.timeout_seconds IS 'Seconds after which a transaction is cut off; its rows are then computed one by one.';
COMMENT ON COLUMN materialised_table.max_failures IS 'Failures after which a row is set aside.';
COMMENT ON COLUMN materialised_table.name IS 'The table that has the columns, in the schema public.';
COMMENT ON COLUMN materialised_table.key_column IS 'Its key: one column of whole numbers.';
COMMENT ON COLUMN materialised_table.of_table IS 'The table whose rows it describes, with a column of the same name as the key: a row is made for each that is marked. NULL where the rows are made elsewhere.';
COMMENT ON COLUMN materialised_table.dependents IS 'A query of the keys of other rows that are to be computed because the rows $1 (bigint[]) changed; run for marks that spread.';
COMMENT ON COLUMN materialised_table.pause_reason IS 'What the database said.';

CREATE TABLE materialised_column (
    backfilled_through bigint      NOT NULL DEFAULT -9223372036854775808,
    backfilled_rows    bigint      NOT NULL DEFAULT 0,
    defined_at         timestamptz NOT NULL DEFAULT now(),
    backfilled_at      timestamptz,
    table_name         text        NOT NULL REFERENCES materialised_table,
    column_name        text        NOT NULL,
    expression         text        NOT NULL,

    CONSTRAINT materialised_column_pkey PRIMARY KEY (table_name, column_name)
);
COMMENT ON TABLE materialised_column IS 'Computed columns, and how far each is filled in for the rows that were computed before it was defined. Use materialise_column to add a column or to change its expression.';
COMMENT ON COLUMN materialised_column.backfilled_through IS 'Rows up to this key have been filled in.';
COMMENT ON COLUMN materialised_column.backfilled_rows IS 'Number of rows filled in.';
COMMENT ON COLUMN materialised_column.defined_at IS 'When its expression was set.';
COMMENT ON COLUMN materialised_column.backfilled_at IS 'When the last old row was filled in; NULL while that goes on.';
COMMENT ON COLUMN materialised_column.table_name IS 'The table.';
COMMENT ON COLUMN materialised_column.column_name IS 'The column.';
COMMENT ON COLUMN materialised_column.expression IS 'SQL of its value, in which fact is the row: a query goes in parentheses.';

-- Storing transactions only insert here, so they never wait for a computation, or for another
-- transaction that marks the same row. Unlogged, as marks live for seconds: a crash of the database or
-- a failover empties it. Then its row with an empty table name is missing, too, by which
-- materialise_batch notices the loss and marks all rows.
CREATE UNLOGGED TABLE materialised_mark (
    mark_id    bigint      GENERATED ALWAYS AS IDENTITY,
    row_key    bigint      NOT NULL,
    marked_at  timestamptz NOT NULL DEFAULT now(),
    spreads    boolean     NOT NULL DEFAULT false,
    table_name text        NOT NULL,

    CONSTRAINT materialised_mark_pkey PRIMARY KEY (table_name, mark_id)
)
WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
COMMENT ON TABLE materialised_mark IS 'Rows whose columns must be computed because something that they are computed from changed; written in the transaction of the change, taken within seconds.';
COMMENT ON COLUMN materialised_mark.mark_id IS 'Key, in the order of the changes.';
COMMENT ON COLUMN materialised_mark.row_key IS 'Key of the row.';
COMMENT ON COLUMN materialised_mark.marked_at IS 'When it changed.';
COMMENT ON COLUMN materialised_mark.spreads IS 'Other rows depend on it: see materialised_table.dependents.';
COMMENT ON COLUMN materialised_mark.table_name IS 'The table with the columns; empty in one row, which is missing after marks were lost.';

INSERT INTO materialised_mark (mark_id, row_key, table_name) OVERRIDING SYSTEM VALUE VALUES (0, 0, '');

CREATE TABLE materialisation_error (
    row_key     bigint      NOT NULL,
    first_at    timestamptz NOT NULL DEFAULT now(),
    last_at     timestamptz NOT NULL DEFAULT now(),
    retry_at    timestamptz,
    failures    smallint    NOT NULL,
    table_name  text        NOT NULL REFERENCES materialised_table,
    column_name text        NOT NULL,
    sqlstate    text        NOT NULL,
    error       text        NOT NULL,

    CONSTRAINT materialisation_error_pkey PRIMARY KEY (table_name, row_key, column_name)
);
COMMENT ON TABLE materialisation_error IS 'Rows that could not be computed, each with its error. Each is tried again alone; a row that failed too often is set aside until it changes, or until retry_at is set to now(): UPDATE materialisation_error SET retry_at = now(), failures = 0 WHERE retry_at IS NULL.';
COMMENT ON COLUMN materialisation_error.row_key IS 'Key of the row.';
COMMENT ON COLUMN materialisation_error.first_at IS 'When it failed first.';
COMMENT ON COLUMN materialisation_error.last_at IS 'When it failed last.';
COMMENT ON COLUMN materialisation_error.retry_at IS 'When it is tried again; NULL: it is set aside.';
COMMENT ON COLUMN materialisation_error.failures IS 'Number of failures; 0 for a row of a batch that was cut off, which may not be the cause.';
COMMENT ON COLUMN materialisation_error.table_name IS 'The table with the columns.';
COMMENT ON COLUMN materialisation_error.column_name IS 'The column that was being filled in; empty where the whole row was computed.';
COMMENT ON COLUMN materialisation_error.sqlstate IS 'Code of the error in the table of Postgres.';
COMMENT ON COLUMN materialisation_error.error IS 'What the database said.';

-- Serves the next row to try again.
CREATE INDEX materialisation_error_retry_idx ON materialisation_error (table_name, retry_at)
    WHERE retry_at IS NOT NULL;

CREATE TABLE cinema_fact (
    nearest_km         double precision,
    materialized_at    timestamptz,
    cinema_id          integer  NOT NULL REFERENCES cinema,
    nearest_cinema_id  integer,
    seat_count         integer,
    auditorium_count   integer,
    utc_offset_minutes integer,

    CONSTRAINT cinema_fact_pkey PRIMARY KEY (cinema_id)
);
COMMENT ON TABLE cinema_fact IS 'Computed columns of each cinema; see materialised_table.';
COMMENT ON COLUMN cinema_fact.nearest_km IS 'Distance to that cinema in kilometres, in a straight line.';
COMMENT ON COLUMN cinema_fact.materialized_at IS 'When it was computed; NULL: it is due; -infinity: it could not be.';
COMMENT ON COLUMN cinema_fact.cinema_id IS 'The cinema.';
COMMENT ON COLUMN cinema_fact.nearest_cinema_id IS 'The nearest cinema of another source; NULL where no position is known.';
COMMENT ON COLUMN cinema_fact.seat_count IS 'Seats of its auditoriums, each by its last snapshot; NULL if there is none.';
COMMENT ON COLUMN cinema_fact.auditorium_count IS 'Number of auditoriums that its source has named.';
COMMENT ON COLUMN cinema_fact.utc_offset_minutes IS 'Minutes that its clocks are ahead of UTC now.';

-- Serves the rows that are due or expired.
CREATE INDEX cinema_fact_materialized_idx ON cinema_fact (materialized_at);

INSERT INTO materialised_table (name, key_column, of_table, expires_after, dependents)
VALUES (
    'cinema_fact', 'cinema_id', 'cinema',
    -- Clocks change; and a computation may have missed a change of a neighbour at the same time.
    interval '6 hours',
    'SELECT fact.cinema_id
    FROM cinema AS moved
    INNER JOIN cinema AS other ON other.source_id <> moved.source_id
    INNER JOIN cinema_fact AS fact ON fact.cinema_id = other.cinema_id
    WHERE moved.cinema_id = ANY ($1)
        AND (fact.nearest_cinema_id = moved.cinema_id
            OR moved.latitude IS NOT NULL AND moved.longitude IS NOT NULL
            AND other.latitude IS NOT NULL AND other.longitude IS NOT NULL
            AND (fact.nearest_km IS NULL
                OR abs(other.latitude - moved.latitude) * 111 <= fact.nearest_km
                AND distance_km(moved.latitude, moved.longitude, other.latitude, other.longitude) <= fact.nearest_km))');

INSERT INTO materialised_column (table_name, column_name, expression, backfilled_at)
VALUES
    ('cinema_fact', 'nearest_cinema_id', '(SELECT near.cinema_id FROM nearest_cinema(fact.cinema_id) AS near)', now()),
    ('cinema_fact', 'nearest_km', '(SELECT near.km FROM nearest_cinema(fact.cinema_id) AS near)', now()),
    ('cinema_fact', 'auditorium_count',
        '(SELECT count(*) FROM auditorium WHERE auditorium.cinema_id = fact.cinema_id)', now()),
    ('cinema_fact', 'seat_count',
        '(SELECT sum(last.seat_count)
        FROM auditorium
        CROSS JOIN LATERAL (
            SELECT latest.seat_count
            FROM showtime_latest AS latest
            WHERE latest.auditorium_id = auditorium.auditorium_id AND latest.seat_count IS NOT NULL
            ORDER BY latest.showtime_id DESC
            LIMIT 1
        ) AS last
        WHERE auditorium.cinema_id = fact.cinema_id)', now()),
    ('cinema_fact', 'utc_offset_minutes',
        '(SELECT extract(epoch FROM (now() AT TIME ZONE cinema.timezone) - (now() AT TIME ZONE ''UTC'')) / 60
        FROM cinema WHERE cinema.cinema_id = fact.cinema_id)', now());

-- Facts of showtimes.

CREATE TABLE showtime_fact (
    materialized_at timestamptz,
    starts_local    timestamp,
    showtime_id     integer NOT NULL REFERENCES showtime,
    seat_count      integer,
    weekday         smallint,

    CONSTRAINT showtime_fact_pkey PRIMARY KEY (showtime_id)
)
-- Each row is written twice.
WITH (fillfactor = 60);
COMMENT ON TABLE showtime_fact IS 'Computed columns of each showtime; see materialised_table.';
COMMENT ON COLUMN showtime_fact.materialized_at IS 'When it was computed; NULL: it is due; -infinity: it could not be.';
COMMENT ON COLUMN showtime_fact.starts_local IS 'When it starts, in the local time of its cinema.';
COMMENT ON COLUMN showtime_fact.showtime_id IS 'The showtime.';
COMMENT ON COLUMN showtime_fact.seat_count IS 'Number of seats in its snapshots; before there is one, the number in the listing.';
COMMENT ON COLUMN showtime_fact.weekday IS 'Day of the week of its business day: 1 is Monday, 7 is Sunday.';

-- Serves the rows that are due.
CREATE INDEX showtime_fact_materialized_idx ON showtime_fact (showtime_id) WHERE materialized_at IS NULL;

INSERT INTO materialised_table (name, key_column, of_table) VALUES ('showtime_fact', 'showtime_id', 'showtime');

INSERT INTO materialised_column (table_name, column_name, expression, backfilled_at)
VALUES
    ('showtime_fact', 'starts_local',
        '(SELECT showtime.starts_at AT TIME ZONE cinema.timezone
        FROM showtime INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
        WHERE showtime.showtime_id = fact.showtime_id)', now()),
    ('showtime_fact', 'weekday',
        '(SELECT extract(isodow FROM showtime.business_on)
        FROM showtime WHERE showtime.showtime_id = fact.showtime_id)', now()),
    ('showtime_fact', 'seat_count',
        '(SELECT coalesce(latest.seat_count, showtime.seats_total)
        FROM showtime LEFT JOIN showtime_latest AS latest ON latest.showtime_id = showtime.showtime_id
        WHERE showtime.showtime_id = fact.showtime_id)', now());

CREATE TABLE refresh_schedule (
    refresh_every     interval    NOT NULL,
    maximum_duration  interval    NOT NULL DEFAULT '30 minutes',
    last_attempted_at timestamptz,
    is_concurrent     boolean     NOT NULL DEFAULT true,
    view_name         text        NOT NULL,

    CONSTRAINT refresh_schedule_pkey PRIMARY KEY (view_name),
    CONSTRAINT refresh_schedule_every_positive CHECK (refresh_every > interval '0'),
    CONSTRAINT refresh_schedule_duration_positive CHECK (maximum_duration >= interval '1 ms')
);
COMMENT ON TABLE refresh_schedule IS 'Materialised views that coordinators refresh. Add a row for your own view.';
COMMENT ON COLUMN refresh_schedule.refresh_every IS 'Time between the beginnings of two refreshes.';
COMMENT ON COLUMN refresh_schedule.maximum_duration IS 'A refresh that takes longer is cut off.';
COMMENT ON COLUMN refresh_schedule.last_attempted_at IS 'When a refresh last began.';
COMMENT ON COLUMN refresh_schedule.is_concurrent IS 'Refreshes without locking out readers; the view needs a unique index and rows for that.';
COMMENT ON COLUMN refresh_schedule.view_name IS 'The materialised view, in the schema public.';

CREATE TABLE refresh_execution (
    execution_id  bigint      GENERATED ALWAYS AS IDENTITY,
    started_at    timestamptz NOT NULL DEFAULT now(),
    ended_at      timestamptz,
    terminated_at timestamptz,
    succeeded     boolean,
    view_name     text        NOT NULL REFERENCES refresh_schedule,
    started_by    text        NOT NULL,
    error         text,

    CONSTRAINT refresh_execution_pkey PRIMARY KEY (execution_id),
    CONSTRAINT refresh_execution_ended_has_outcome CHECK ((ended_at IS NULL) = (succeeded IS NULL)),
    CONSTRAINT refresh_execution_terminated_ended CHECK (terminated_at IS NULL OR ended_at IS NOT NULL),
    CONSTRAINT refresh_execution_failed_has_error CHECK (succeeded IS NOT FALSE OR error IS NOT NULL)
);
COMMENT ON TABLE refresh_execution IS 'Every refresh of a materialised view; kept for 30 days.';
COMMENT ON COLUMN refresh_execution.execution_id IS 'Key.';
COMMENT ON COLUMN refresh_execution.started_at IS 'When it began.';
COMMENT ON COLUMN refresh_execution.ended_at IS 'When it ended; NULL while it runs.';
COMMENT ON COLUMN refresh_execution.terminated_at IS 'When it was cut off because it took too long.';
COMMENT ON COLUMN refresh_execution.succeeded IS 'Whether the view was refreshed; NULL while it runs.';
COMMENT ON COLUMN refresh_execution.view_name IS 'The materialised view.';
COMMENT ON COLUMN refresh_execution.started_by IS 'The coordinator that refreshes it.';
COMMENT ON COLUMN refresh_execution.error IS 'Why it failed.';

-- A view is never refreshed twice at a time.
CREATE UNIQUE INDEX refresh_execution_open_key ON refresh_execution (view_name) WHERE ended_at IS NULL;

-- Serves refresh_status.
CREATE INDEX refresh_execution_view_idx ON refresh_execution (view_name, started_at);

INSERT INTO refresh_schedule (view_name, refresh_every) VALUES ('film_run', interval '15 minutes');
