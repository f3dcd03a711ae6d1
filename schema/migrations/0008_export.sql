-- Export: which days were written to which place, and which days changed since.
--
-- A day is UTC, as the days of partitions are. It is complete a quarter of an hour after its
-- end: by then every transaction that began in it has ended. A transaction that stores rows later
-- notes the day in a log, so an export depends on no clock and no sequence to find them.

CREATE TABLE late_day (
    marked_at timestamptz NOT NULL DEFAULT now(),
    on_day    date        NOT NULL,
    of_table  text        NOT NULL
);
COMMENT ON TABLE late_day IS 'Past days for which rows were stored and that day_revision does not count yet: append-only, without a key, so that writers never wait for each other.';
COMMENT ON COLUMN late_day.marked_at IS 'When the transaction began that stored it.';
COMMENT ON COLUMN late_day.on_day IS 'The day, UTC.';
COMMENT ON COLUMN late_day.of_table IS 'The table of these rows: snapshot, showtime_tariff or showtime; the day of a showtime is that of its discovery.';

CREATE TABLE day_revision (
    changed_at timestamptz NOT NULL DEFAULT now(),
    revision   integer     NOT NULL DEFAULT 1,
    on_day     date        NOT NULL,
    of_table   text        NOT NULL,

    CONSTRAINT day_revision_pkey PRIMARY KEY (of_table, on_day)
);
COMMENT ON TABLE day_revision IS 'Counts how often rows were stored for a past day; a day without a row never changed. A day that was exported at an older revision is exported again.';
COMMENT ON COLUMN day_revision.changed_at IS 'When its revision last changed.';
COMMENT ON COLUMN day_revision.revision IS 'Counts from 1.';
COMMENT ON COLUMN day_revision.on_day IS 'The day, UTC.';
COMMENT ON COLUMN day_revision.of_table IS 'The table: snapshot, showtime_tariff or showtime.';

CREATE TABLE first_day (
    on_day   date NOT NULL,
    of_table text NOT NULL,

    CONSTRAINT first_day_pkey PRIMARY KEY (of_table)
);
COMMENT ON TABLE first_day IS 'The day from which on all days are exported; an earlier day with stored rows has a row in day_revision.';
COMMENT ON COLUMN first_day.on_day IS 'The first day with stored rows when this table was made, UTC.';
COMMENT ON COLUMN first_day.of_table IS 'The table: snapshot, showtime_tariff, job or showtime.';

-- Nothing is older than the database.
INSERT INTO first_day (on_day, of_table)
SELECT (now() AT TIME ZONE 'UTC')::date, of_table
FROM (VALUES ('snapshot'), ('showtime_tariff'), ('job'), ('showtime')) AS data (of_table);

CREATE TABLE export_place (
    place_id   integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identity   uuid        NOT NULL DEFAULT gen_random_uuid(),
    holder     uuid,
    held_until timestamptz,
    address    text        NOT NULL,

    CONSTRAINT export_place_address_key UNIQUE (address),
    CONSTRAINT export_place_held_by_someone CHECK ((holder IS NULL) = (held_until IS NULL))
);
COMMENT ON TABLE export_place IS 'Where `coordinator export` writes to; one process at a time.';
COMMENT ON COLUMN export_place.place_id IS 'Key.';
COMMENT ON COLUMN export_place.identity IS 'Identity of the place, also in its manifest, so that two databases do not write into one place.';
COMMENT ON COLUMN export_place.holder IS 'The process that writes there, or did so last.';
COMMENT ON COLUMN export_place.held_until IS 'End of its lease, by the clock of the database; no other process writes there before.';
COMMENT ON COLUMN export_place.address IS 'Directory or bucket and prefix, as in file:///srv/export or s3://bucket/prefix.';

CREATE TABLE exported_day (
    exported_at  timestamptz NOT NULL DEFAULT now(),
    row_count    bigint      NOT NULL,
    bytes        bigint      NOT NULL,
    place_id     integer     NOT NULL REFERENCES export_place,
    revision     integer     NOT NULL,
    on_day       date        NOT NULL,
    data_set     text        NOT NULL,
    files        text[]      NOT NULL,
    source_ids   integer[]   NOT NULL,
    code_indexes smallint[]  NOT NULL,
    statuses     seat_status[] NOT NULL,

    CONSTRAINT exported_day_pkey PRIMARY KEY (place_id, data_set, on_day),
    CONSTRAINT exported_day_codes_agree CHECK (
        cardinality(code_indexes) = cardinality(source_ids)
        AND cardinality(statuses) = cardinality(source_ids))
);
COMMENT ON TABLE exported_day IS 'Exported days, with the mapping of codes that was used; agrees with the manifest of the place.';
COMMENT ON COLUMN exported_day.exported_at IS 'When it was last exported, or checked without a difference.';
COMMENT ON COLUMN exported_day.row_count IS 'Rows in its files.';
COMMENT ON COLUMN exported_day.bytes IS 'Size of its files.';
COMMENT ON COLUMN exported_day.place_id IS 'The place.';
COMMENT ON COLUMN exported_day.revision IS 'The day_revision.revision that was read; 0 for none.';
COMMENT ON COLUMN exported_day.on_day IS 'The day, UTC.';
COMMENT ON COLUMN exported_day.data_set IS 'showtimes, seat-records, snapshots, jobs or prices.';
COMMENT ON COLUMN exported_day.files IS 'Names of its files below the place; empty for a day without rows.';
COMMENT ON COLUMN exported_day.source_ids IS 'With code_indexes: the seat codes that occur in it.';
COMMENT ON COLUMN exported_day.code_indexes IS 'See source_ids.';
COMMENT ON COLUMN exported_day.statuses IS 'The status of each of these codes; NULL if it was not mapped. The day is exported again when one changes.';

-- The showtimes of a renamed film are looked up when the log is read, not when the name is stored:
-- otherwise a showtime that gets this film meanwhile, in a transaction that sees the old title, would
-- be missed; and renaming a chain would wait for all of its showtimes.
CREATE TABLE late_rename (
    marked_at timestamptz NOT NULL DEFAULT now(),
    row_id    integer     NOT NULL,
    of_table  text        NOT NULL,

    CONSTRAINT late_rename_of_table CHECK (of_table IN ('film', 'cinema', 'auditorium', 'source'))
);
COMMENT ON TABLE late_rename IS 'Films, cinemas, auditoriums and sources with a new name or place that day_revision does not count yet for their showtimes: append-only, without a key, as late_day.';
COMMENT ON COLUMN late_rename.marked_at IS 'When the transaction began that stored it.';
COMMENT ON COLUMN late_rename.row_id IS 'Its key.';
COMMENT ON COLUMN late_rename.of_table IS 'Its table: film, cinema, auditorium or source.';
